"""The sentences of the reports that their claims rest on, word for word, slips included.

So that "II.Q18" can be looked up without the report. `…` stands for what is left out; `|`
separates the cells of a row of a table.
"""

REGULARIZATION = {
    "As for the test the test should be better even for the first epoch because we start with a "
    "model that has already been trained.": (
        "after the first epoch the test score is better than that of training",
    ),
    "We can clearly see that after 10 epochs the loss to increase for the test dataset contrary to "
    "the train where it continues to decrease … the train has a perfect score as for the test it "
    "stops at 70% at best.": (
        "test accuracy reaches 70 % at best",
        "the training score is perfect",
        "the test loss increases after about 10 epochs",
    ),
    "We can see that the convergence is slightly faster than before and the test score is better "
    "75% compared to 70% but the over-fitting problem is still present.": (
        "normalized, test accuracy is 75 %",
        "normalizing improves the test score",
        "normalizing converges slightly faster",
        "it still overfits",
        "normalized by the deviations of the training set, test accuracy is 75 %",
    ),
    "After the data increase, we can observe some improvements for the test accuracy which is now "
    "almost 80% and the over-fitting problem is less remarkable. Although we take slightly more "
    "time to converge due to the more data we have.": (
        "augmented, test accuracy is almost 80 %",
        "overfitting is less remarkable",
        "it takes slightly longer to converge",
        "with padded crops, test accuracy is almost 80 %",
    ),
    "As we can see this time adding other transformation not only didn't fix the over-fitting "
    "problem but also the test accuracy is less than before": (
        "other transformations lower the test accuracy",
        "they do not fix overfitting",
    ),
    "After using both momentum and schedule, we can see a smoother convergence but as for the "
    "over-fitting problem it is not too much different from the results, we got from increasing "
    "the data size. we can also notice that it is taking more time to converge.": (
        "momentum and schedule converge more smoothly",
        "overfitting is about the same",
        "it takes more time to converge",
        "a rate that first increases converges more smoothly",
        "a rate that first increases overfits about as much",
        "a rate that first increases takes more time to converge",
    ),
    "We notice that using Adam optimizer doesn't solve the overfitting problem.": (
        "Adam does not solve overfitting",
    ),
    "As we can see the loss and train performances are almost identical. Also, we can notice that "
    "the train accuracy is inferior than the previous examples": (
        "with dropout, train and test accuracy are almost identical",
        "with dropout, train and test loss are almost identical",
        "training accuracy is lower than before",
    ),
    "Adding batch normalization seems to be very effective, the test accuracy is 85% the highest "
    "among all previous models and the training accuracy is more than 92%. The loss is also the "
    "lowest, so we can say that we converge faster.": (
        "with batch norm, test accuracy is 85 %",
        "that is the highest of all",
        "training accuracy is above 92 %",
        "the loss is the lowest of all",
        "it converges faster",
        "with batch norm and padded crops, test accuracy is 85 %",
        "with batch norm and padded crops, training accuracy is above 92 %",
    ),
}

TRANSFORMERS = {
    "we notice a visible overfitting that becomes apparent around the tenth epoch. The loss curves "
    "reveal a divergence, with the loss on the test set increasing … accuracy curves indicate a "
    "plateau at around 65% for the test set, whereas training accuracy keeps growing after the "
    "tenth epoch.": (
        "test accuracy has a plateau around 65 % when overfitting becomes apparent, at the tenth epoch",
        "training accuracy keeps growing after the tenth epoch",
        "the test loss increases from about the tenth epoch on",
    ),
    "precision and loss curves exhibited pronounced oscillations, especially in the test data … "
    "following the application of normalization techniques, a remarkable absence of oscillations "
    "was observed": (
        "normalizing takes the oscillations off the test loss",
        "normalizing takes the oscillations off the test accuracy",
    ),
    "Importantly, this normalization also resulted in an overall enhancement of the model's "
    "performance, characterized by a notable reduction in overfitting. Precision and loss curves, "
    "initially divergent between training and test sets, showed increased convergence": (
        "normalizing improves the performance",
        "normalizing brings train and test closer",
    ),
    "Our experimental results corroborate the enhancement of our model's generalization capacity, "
    "and we observe a reduction in overfitting": (
        "augmentation generalizes better",
        "augmentation overfits less",
    ),
    "Comparing it to the baseline results, we observe a higher level of stability in the loss "
    "curve.": ("the schedule makes the loss more stable",),
    'The use of "dropout" regularization has improved the regularization of our data, reducing the '
    "divergence in test results compared to its absence. However, it is essential to emphasize that "
    '"dropout" alone is not sufficient to prevent overfitting': (
        "with dropout the test loss diverges less",
        "dropout alone does not prevent overfitting",
    ),
    "The loss curves for both the training and test sets converge more closely, … This enhancement "
    "is reflected in a clear increase in accuracy on the test set, now reaching 80%.": (
        "with batch norm, test accuracy reaches 80 %",
        "batch norm clearly increases test accuracy",
        "batch norm brings train and test accuracy closer",
        "batch norm brings train and test loss closer",
    ),
    "A higher embedding dimension allows the model to capture more complex patterns, thereby "
    "improving accuracy and reducing loss. However, this improvement comes with an increase in the "
    "number of parameters, which can lead to longer computation times … performance curves for "
    "dimensions 32 and 64 are similar": (
        "accuracy grows with the width from 8 to 32",
        "widths 32 and 64 are about equal",
        "the loss falls with the width",
        "time grows with the width",
    ),
    "The resulting curves didn't show significant differences in performance; all remained closely "
    "grouped. However, a notable observation emerged: as the number of blocks increased, a trend of "
    "instability in the values of loss and test accuracy became apparent.": (
        "the number of blocks makes no significant difference",
        "the more blocks, the less stable the test accuracy",
        "the more blocks, the less stable the test loss",
    ),
    "as the patch size increases, both training and testing performance improve.": (
        "larger patches are better on test",
        "larger patches are better in training",
        "with sinusoidal positions, larger patches are better on test",
        "with sinusoidal positions, larger patches are better in training",
    ),
}

CIRCLES = {
    "The initial setup (one linear layer) gives an accuracy of 59.40% because it tries to separate "
    "the data linearly": ("one linear layer: 59.40 %",),
    "The best results were obtained with a tanH activation function and around 75 neurons (accuracy "
    "of 77.35%).": (
        "two layers: tanh is the best",
        "two layers: about 75 neurons are the best",
        "two layers, tanh: 77.35 %",
    ),
    "sigmoid [model 1] | 59.60 %": ("three layers, sigmoid: 59.60 %",),
    "tanh [model 2] | 78.20 %": ("three layers, tanh: 78.20 %",),
    "relu [model 3] | 99.80 %": ("three layers, ReLU: 99.80 %",),
    "Since the ReLU function yielded the best results": ("three layers: ReLU is the best",),
    "Our best model is therefore made up of three linear layers: - self.l1 = nn.Linear(2, 100) - "
    "self.l2 = nn.Linear(100, 150) - self.13 = nn.Linear(150, 1)": (
        "layers of 100 and 150 ReLU units are the best of the question",
    ),
    "a small learning rate will need more epochs to converge while a big learning might not converge "
    "at all.": (
        "a small learning rate needs more epochs",
        "a large learning rate might not converge at all",
    ),
    "the steep decrease of the loss even at epoch 10": (
        "the loss still falls steeply at epoch 10",
    ),
    "The best results were obtained with Adam and a learning rate of 0.01 (99.90%) and RMSprop with "
    "a learning rate of 0.005 (99.80%).": (
        "Adam, 0.01: 99.90 %",
        "RMSprop, 0.005: 99.80 %",
        "Adam at 0.01 is better than SGD",
        "RMSprop at 0.005 is better than SGD",
    ),
    "For 50 epochs and batch size 5, 10 and 20, the model reached 100%. Increasing the number of "
    "epochs clearly helps in getting the best results when the learning rate is well chosen.": (
        "more epochs give better results",
        *(f"50 epochs in batches of {size}: 100 %" for size in (5, 10, 20)),
    ),
    "We also notice that some batch sizes seem to cause a convergence to a local minima (see dark "
    "blue curve for size 20).": ("some batch sizes, as 20, end in a local minimum",),
    "Globally, we converge faster with this new loss (at least 99.5% of accuracy obtained for all "
    "batch sizes in less than 10 epochs)": (
        "crossentropy converges faster than the squared error",
        *(
            f"crossentropy, batches of {size}: 99.5 % in less than 10 epochs"
            for size in (5, 10, 20, 40)
        ),
    ),
    "Generally, increasing the size of the batches makes the computation longer but the convergence "
    "faster (hence better results in fewer time in the end)": (
        "the larger the batch, the faster the convergence",
        "the larger the batch, the better the results in less time",
        "the larger the batch, the longer the computation",
    ),
    "The learning rates 0.025 or 0.05 seem more appropriate than 0.01 since they converge faster to "
    "a good solution.": (
        "a learning rate of 0.025 converges faster than 0.01",
        "a learning rate of 0.05 converges faster than 0.01",
    ),
    "Reusing the best 2-layer previous model … we got an accuracy of 100% on the test set in 10 "
    "epochs": ("the best model: 100 % on test",),
}

DIGITS = {
    "With the initial architecture (one linear layer and a softmax activation function), we got "
    "88.02% of accuracy.": ("one linear layer: 88.02 %",),
    "Here the kernel size and output channels do not seem to have a high impact on the performances": (
        "the kernel size has no high impact",
        "the number of channels has no high impact",
    ),
    "the *softmax* always looks better for the convergence, but the best accuracy (95.09%) was "
    "actually reached with *tanh* and three layers.": (
        "three convolutions with tanh: 95.09 %",
        "three convolutions with tanh are the best",
        "1 convolution: softmax converges best",
        "2 convolutions: softmax converges best",
        "3 convolutions: softmax converges best",
    ),
    "The best accuracy reached was 96.47%, with 20 output channels, a learning rate of 0.1 and a "
    "batch size of 10. We can also notice in the convergences that the higher the number of "
    "channels, the faster it converges": (
        "20 channels converge faster than 10",
        "20 channels: 96.47 %",
        "20 channels, 0.1 and batches of 10 are the best",
    ),
    "The best results where obtained with SGD and a 0.1 learning rate (97.17%).": (
        "20 epochs: 97.17 %",
        "SGD at 0.1 is the best optimizer",
    ),
    "If we do not change anything, we get an exploding gradient error. When clipping the gradient to "
    "avoid that, the loss increases after 2 epochs.": (
        "crossentropy at 0.1 explodes",
        "clipped, the loss increases after 2 epochs",
    ),
    "we used a 0.025 learning rate with 50 epochs and obtained a 98.21% accuracy.": (
        "at 0.025, 50 epochs: 98.21 % on validation",
    ),
    "We then tested the best previous model (cf. previous question), and got an accuracy of 98.39% "
    "on the previously never seen test dataset.": ("the same on test: 98.39 %",),
    "Accuracy of the model for numbers : 99.13%": ("digits 99.13 %",),
    "Accuracy of the model for colors : 100.00%": ("colours 100 %",),
    "Accuracy of the model for both : 99.13%": ("both 99.13 %",),
    "the accuracy on the test dataset was actually better than the accuracy on the validation "
    "dataset.": ("test is better than validation",),
    "the parameters were easily tuned in a way to allow for a 100% accuracy on the prediction of "
    "colors, whether or not the convolution layer was shared.": (
        "one convolution, separate: colours 100 %",
        "one convolution, shared: colours 100 %",
    ),
    "Whether the convolutional layer was common or separate, the model yielded satisfying results": (
        "one convolution, shared or separate, reads digits about as well",
    ),
    "overall, the best activation layer was *Tanh*, see figure 10.": (
        "tanh is the best activation",
    ),
}

REGRESSION = {
    "Before everything, we normalized the dataset. Without that pre-processing we have an exploding "
    "gradient due to the high values in the data.": (
        "prices that are not normalized: the gradient explodes",
    ),
    "*tanh* gave the minimum loss for all the models, so we will keep it from now on.": tuple(
        f"{count} layer{'s' * (count > 1)}: tanh has the lowest loss" for count in (1, 2, 3, 5)
    ),
    "The 3 layers model gave the best loss (0.005699), but the convergence of the 5-layers one was "
    "steeper": (
        "3 layers: 0.005699",
        "3 layers are the best",
        "5 layers converge more steeply than 3",
    ),
    "Generally, the higher the number of neurons, the better the loss; but the improvement is not "
    "important after 10 neurons.": (
        "3 layers: the more neurons, the lower the loss",
        "5 layers: the more neurons, the lower the loss",
        "3 layers: little is gained beyond 10 units",
        "5 layers: little is gained beyond 10 units",
    ),
    "The 5-layers model could reach the best loss: 0.005490 with for 20 neurons at each layer. "
    "However, we could reach 0.005518 with a 3 layers model with only 6 neurons at each layer": (
        "5 layers of 20: 0.005490",
        "3 layers of 6: 0.005518",
        "5 layers of 20 are the best",
    ),
    "We got a *nan* error for learning rates of 1 and above.": ("a learning rate of 1 gives nan",),
    "we see the general (and counter-intuitive) trend that the higher the batch size, the higher the "
    "loss.": ("the larger the batch, the higher the loss",),
    "The best lost (0.005119) was obtained for 10 neurons per layer, a batch size of 10 and a "
    "learning rate of 0.1.": (
        "batches of 10, 0.1: 0.005119",
        "batches of 10 and a rate of 0.1 are the best",
    ),
    "The best loss of 0.003820 was obtained with the RMSprop optimizer and a 0.005 learning rate.": (
        "RMSprop, 0.005: 0.003820",
        "RMSprop is the best",
    ),
    "We notice that a 0.5 learning rate always gives bad performant … or a *nan* error.": tuple(
        f"{name}: a learning rate of 0.5 is bad, or nan" for name in ("SGD", "Adam", "RMSprop")
    ),
    "If we do not change the learning rate (0.005), the loss goes back up after a while": (
        "at 0.005 the loss goes back up",
        "at 0.005 the loss goes back up by more than at 0.001",
    ),
    "We obtained a loss of -1.570448.": ("Gaussian loss -1.570448 on validation",),
    "Testing the previous model on the test dataset, we obtained a Gaussian loss of -1.369851, which "
    "is in the same range of the loss on the validation set.": (
        "Gaussian loss -1.369851 on test",
        "the loss on test is in the range of validation's",
    ),
}

_NORMALIZED = "with batch norm"
_NORMALIZED_FOUR = "with batch norm after all four convolutions"
_PRINTED = "every printed test accuracy, within three points"
_LOSSES = "every printed training loss, within 0.25"
CNN = {
    "Both the time spent and the accuracy of this NN are worst with the respect to the CNN": (
        "the MLP is less accurate than the CNN",
        "the MLP takes more time than the CNN",
        "the MLP is less accurate than the CNN that the homework gave out, of 32 filters",
        "the MLP takes more time than the CNN that the homework gave out, of 32 filters",
    ),
    "the more are the channel and more is the time to compute (32/128/256 = fast training - 512/1024 "
    "= slow training), instead the more are the out and the more the precision and accuracy(from 30% "
    "to 40%) but also higher is the risk of overfitting.": (
        "the narrowest reaches 30 %",
        "the widest reaches 40 %",
        "accuracy grows with the width",
        "time grows with the width",
        "overfitting grows with the width",
    ),
    "loss: 4.072 … Accuracy of the network on the test set: 13 % … loss: 0.160 … Accuracy of the "
    "network on the test set: 31 % Finished Training": (
        "test accuracy is 13 % after one epoch",
        "test accuracy is 31 % after 20 epochs",
        "the final training loss is 0.160",
        f"the plain network: {_PRINTED}",
        f"the plain network: {_LOSSES}",
    ),
    "[1, 195] loss: 3.628 Accuracy of the network on the test set: 23 % … loss: 0.094 … Accuracy of "
    "the network on the test set: 42 %": (
        *(
            f"{network}, {claimed}"
            for network in (_NORMALIZED, _NORMALIZED_FOUR)
            for claimed in (
                "23 % after one epoch",
                "42 % at the end",
                "the final training loss is 0.094",
            )
        ),
        f"batch norm: {_PRINTED}",
        f"batch norm: {_LOSSES}",
    ),
    "The Batch normalization as expected doesn't affect very much the result.": (
        "batch norm does not affect the result very much (its own logs say 11 points)",
    ),
    "[1, 195] loss: 3.582 … Accuracy of the network on the test set: 25 % … Accuracy of the network "
    "on the test set: 43 %": (
        "a wider dense layer has 25 % after one epoch",
        "a wider dense layer reaches 43 %",
        "with a wider dense layer, the final training loss is 0.047",
        f"the wider dense layer: {_PRINTED}",
        f"the wider dense layer: {_LOSSES}",
    ),
    "the number of Neurons in the network improve slightly the result, permitting a step forward "
    "from 42% to 43% but increase also the time consumed for the computation. Another problem of the "
    "application of too much Neurons is the Overfitting": (
        "a wider dense layer improves it slightly",
        "a wider dense layer takes more time",
        "a wider dense layer overfits more",
    ),
    "Accuracy of the network on the test set: 23 % … [20, 195] loss: 0.111 … Accuracy of the network "
    "on the test set: 42 %": (
        "with dropout, 23 % after one epoch",
        "with dropout, 42 % at the end",
        "with dropout, the final training loss is 0.111",
        f"dropout: {_PRINTED}",
        f"dropout: {_LOSSES}",
    ),
    "the result will remain the same but we can see that the loss ratio decrease with the accuracy "
    "that remain stationary to the same value. That poits to a better behaviour of our network, and "
    "a decrement of the probabilities of over-fitting.": (
        "with dropout the result stays the same",
        "with dropout the training loss decreases",
        "dropout lowers overfitting",
    ),
    "Accuracy of the network on the test set: 13 % … [20, 195] loss: 0.981 … Accuracy of the network "
    "on the test set: 36 % Finished Training": (
        "with flips, 13 % after one epoch",
        "with flips, 36 % at the end",
        "with flips, the final training loss is 0.981",
        f"flips: {_PRINTED}",
        f"flips: {_LOSSES}",
    ),
    "The value of accuracy increase of 5% (from 31% to 36%) and the loss rate remain still high. … "
    "our network is increasing its performances without learning the model, so there is not "
    "overfitting.": ("flips improve accuracy", "flips prevent overfitting"),
    "with crop instead of flipping we reach a better improvement of 39%(8% from the normal one) with "
    "an higher loss rate in the training set. So, the conclusion is that those two technique works "
    "very well for prevents overfitting.": (
        "with crops, 39 %",
        "crops prevent overfitting",
        "crops are better than flips",
        "crops have a higher training loss than flips",
    ),
    "loss: 1.899 Accuracy of the network on the test set: 71 % … Accuracy of the network on the test "
    "set: 79 % … [10, 390] loss: 0.064 Accuracy of the network on the test set: 74 %": (
        "ResNet-18: 71 % after one epoch",
        "ResNet-18: 79 % at best",
        "ResNet-18: 74 % at the end",
        "ResNet-18: the final training loss is 0.064",
        f"ResNet-18: {_PRINTED}",
        f"ResNet-18: {_LOSSES}",
    ),
    "This process requires a very slow training comparable to our one with the convolutional with "
    "1024 as output. But, it reach a better accuracy because of the vast number … of layer inside "
    "the structure": (
        "ResNet-18 is as slow as the widest CNN, within a factor of two",
        "ResNet-18 is more accurate than the widest CNN",
    ),
}

DROPOUT = {
    "the training accuracy goes up to 100% while the validation accuracy stabilizes at around "
    "70-75%. … the training loss is decreasing to zero while the validation loss is increasing.": (
        "model 1: training accuracy goes up to 100 %",
        "model 1: the training loss decreases to zero",
        "model 1: the validation loss increases meanwhile",
        "model 1: validation accuracy levels off at 70 to 75 %",
    ),
    "There has been an increase in accuracy of 7.6%. In Figure 3.1 we can see that it is still "
    "slightly overfitting, but raising the number of epochs could be beneficial as the loss is still "
    "decreasing.": (
        "dropout improves accuracy a lot, by 7.6 points",
        "model 2 slightly overfits",
        "model 2: the loss is still decreasing",
    ),
    "when lowering the momentum to 0.5, the convergence took longer so the number of epochs had to "
    "be increased. The best accuracy was found at epoch 288 with an accuracy of 84.8% which is an "
    "increase of 2.6% in model 2": (
        "momentum 0.5 and more epochs improve it again",
        "momentum 0.5 converges more slowly",
    ),
    "the model still shows slight signs of overfitting.": ("model 3 slightly overfits",),
    "The validation accuracy has improved by 1.1% from model 3 (Table 7). … the training accuracy "
    "went up to 90%.": (
        "a batch of 64 is better than momentum 0.5",
        "model 4: training accuracy goes up to 90 %",
    ),
    "when setting the dropout to 0.2, the model is overfitting, … we get a drop in validation "
    "accuracy of 2.5% from model 2": (
        "dropout of 0.2 is worse than 0.5",
        "with dropout of 0.2 it overfits",
    ),
    "Model 6 is clearly underfitting, as the training and validation loss in Figure 7.1 aren't "
    "converging to zero.": (
        "with dropout of 0.8 the training loss does not converge to zero",
        "with dropout of 0.8 the validation loss does not converge to zero",
    ),
    "The loss in Figure 7.1 is still decreasing and the accuracy in Figure 7.2 is still increasing.": (
        "model 7: the loss is still decreasing",
        "model 7: the accuracy is still increasing",
    ),
    "we can see that the highest validation accuracy was 85.7% at epoch 237.": (
        "more epochs improve model 7",
    ),
    "the validation loss is staying at … while the training loss is decreasing.": (
        "model 7b: the validation loss stays at about 0.5",
        "model 7b: the training loss decreases meanwhile",
    ),
    "both Figures look close to Model 4": (
        "with more epochs, it is like model 4 in accuracy",
        "with more epochs, it is like model 4 in loss",
    ),
    "The test set with 10,000 images was ran on model 4 (Table 6), as it had the highest validation "
    "accuracy.": ("model 4 is the best",),
    "Model 4 | 83.01% | 85.9%": ("model 4: test accuracy 83.01 %",),
}

MODELS = {  # row of a table of `dropout` -> what its claims have in common
    "Model 1 | 74.6% | 0.9791406 | 16": "model 1",
    "Model 2 | 82.2% | 0.5478038 | 49": "model 2",
    "Model 3 | 84.8% | 0.49940664 | 288": "model 3",
    "Model 4 | 85.9% | 0.48535138 | 245": "model 4",
    "Model 5 | 79.7% | 0.8707671 | 48": "model 5",
    "Model 6 | 75.3% | 0.7490999 | 285": "model 6",
    "Model 7 | 78.6% | 0.63963145 | 50": "model 7",
    "Model 7b | 85.7% | 0.45941567 | 237": "model 7b",
}
EPOCHS = {"model 1": 20, "model 2": 50, "model 5": 50, "model 7": 50}  # the others: 300
