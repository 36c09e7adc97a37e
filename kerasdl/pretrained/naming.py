"""Names that other libraries give to the weights of our builders: tables.

A naming maps the path of one of our layers to the prefix of its tensors in a file, or the path of
a single weight to the name of its tensor. `{n}` and `{m}` are the numbers of a block or stage and
of a block within it, from 1 as in our names; `{i}` and `{j}` the same from 0. `#0` to `#2` pick one
of three tensors that are stored as one, along their first axis.
"""

import re

# Last word of the path of one of our weights -> last word of the name of its tensor.
SUFFIXES = {
    "kernel": "weight",
    "gamma": "weight",
    "bias": "bias",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}

TIMM_VIT = {
    "embedding_patches": "patch_embed.proj",
    "embedding_class_token/token": "cls_token",
    "embedding_positions/positions": "pos_embed",
    "block{n}_attention_norm": "blocks.{i}.norm1",
    "block{n}_attention/query": "blocks.{i}.attn.qkv#0",
    "block{n}_attention/key": "blocks.{i}.attn.qkv#1",
    "block{n}_attention/value": "blocks.{i}.attn.qkv#2",
    "block{n}_attention/attention_output": "blocks.{i}.attn.proj",
    "block{n}_mlp_norm": "blocks.{i}.norm2",
    "block{n}_mlp_hidden": "blocks.{i}.mlp.fc1",
    "block{n}_mlp_output": "blocks.{i}.mlp.fc2",
    "encoder_norm": "norm",
    "logits": "head",
}

_HF_VIT = {
    "embedding_patches": "vit.embeddings.patch_embeddings.projection",
    "embedding_class_token/token": "vit.embeddings.cls_token",
    "embedding_positions/positions": "vit.embeddings.position_embeddings",
    "encoder_norm": "vit.layernorm",
    "logits": "classifier",
}
HF_VIT = {  # as published, and as `save_pretrained` writes
    **_HF_VIT,
    "block{n}_attention_norm": "vit.encoder.layer.{i}.layernorm_before",
    "block{n}_attention/query": "vit.encoder.layer.{i}.attention.attention.query",
    "block{n}_attention/key": "vit.encoder.layer.{i}.attention.attention.key",
    "block{n}_attention/value": "vit.encoder.layer.{i}.attention.attention.value",
    "block{n}_attention/attention_output": "vit.encoder.layer.{i}.attention.output.dense",
    "block{n}_mlp_norm": "vit.encoder.layer.{i}.layernorm_after",
    "block{n}_mlp_hidden": "vit.encoder.layer.{i}.intermediate.dense",
    "block{n}_mlp_output": "vit.encoder.layer.{i}.output.dense",
}
HF_VIT_STATE = {  # the state dictionary of transformers 5
    **_HF_VIT,
    "block{n}_attention_norm": "vit.layers.{i}.layernorm_before",
    "block{n}_attention/query": "vit.layers.{i}.attention.q_proj",
    "block{n}_attention/key": "vit.layers.{i}.attention.k_proj",
    "block{n}_attention/value": "vit.layers.{i}.attention.v_proj",
    "block{n}_attention/attention_output": "vit.layers.{i}.attention.o_proj",
    "block{n}_mlp_norm": "vit.layers.{i}.layernorm_after",
    "block{n}_mlp_hidden": "vit.layers.{i}.mlp.fc1",
    "block{n}_mlp_output": "vit.layers.{i}.mlp.fc2",
}

TORCHVISION_RESNET = {  # timm's names are the same
    "stem_conv": "conv1",
    "stem_conv_bn": "bn1",
    "stage{n}_block{m}_conv1": "layer{n}.{j}.conv1",
    "stage{n}_block{m}_conv1_bn": "layer{n}.{j}.bn1",
    "stage{n}_block{m}_conv2": "layer{n}.{j}.conv2",
    "stage{n}_block{m}_conv2_bn": "layer{n}.{j}.bn2",
    "stage{n}_block{m}_shortcut": "layer{n}.{j}.downsample.0",
    "stage{n}_block{m}_shortcut_bn": "layer{n}.{j}.downsample.1",
    "logits": "fc",
}

_HF_BLOCK = "resnet.encoder.stages.{i}.layers.{j}"
HF_RESNET = {
    "stem_conv": "resnet.embedder.embedder.convolution",
    "stem_conv_bn": "resnet.embedder.embedder.normalization",
    "stage{n}_block{m}_conv1": f"{_HF_BLOCK}.layer.0.convolution",
    "stage{n}_block{m}_conv1_bn": f"{_HF_BLOCK}.layer.0.normalization",
    "stage{n}_block{m}_conv2": f"{_HF_BLOCK}.layer.1.convolution",
    "stage{n}_block{m}_conv2_bn": f"{_HF_BLOCK}.layer.1.normalization",
    "stage{n}_block{m}_shortcut": f"{_HF_BLOCK}.shortcut.convolution",
    "stage{n}_block{m}_shortcut_bn": f"{_HF_BLOCK}.shortcut.normalization",
    "logits": "classifier.1",
}

NAMINGS = {
    "timm": TIMM_VIT,
    "Hugging Face": HF_VIT,
    "Hugging Face (state dictionary)": HF_VIT_STATE,
    "Hugging Face (without head)": {  # of a `ViTModel`
        ours: theirs.removeprefix("vit.") for ours, theirs in HF_VIT.items()
    },
    "torchvision and timm": TORCHVISION_RESNET,
    "Hugging Face ResNet": HF_RESNET,
}

# Names of tensors that files hold beside the weights of an image classifier.
IGNORED = re.compile(r"(.*\.num_batches_tracked|(vit\.)?pooler\..*)")
