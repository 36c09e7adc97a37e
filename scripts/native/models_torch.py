"""The networks of the workloads, in plain PyTorch; images are `(batch, channels, height, width)`."""

import itertools

import torch
from cifar_net_torch import CifarNet
from torch import nn
from torch.nn import functional as F


def flatten(x):
    """`(batch, height * width * channels)`, a view where channels are the last in memory."""
    return x.permute(0, 2, 3, 1).flatten(1)


class Regularization(nn.Module):
    """Three 5x5 convolutions, each with a max-pool, and two dense layers."""

    def __init__(self, side=32):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding="same")
        self.conv2 = nn.Conv2d(32, 64, 5, padding="same")
        self.conv3 = nn.Conv2d(64, 64, 5, padding="same")
        self.dense = nn.Linear((side // 8) ** 2 * 64, 1000)
        self.logits = nn.Linear(1000, 10)

    def forward(self, x):
        for conv in (self.conv1, self.conv2, self.conv3):
            x = F.max_pool2d(F.relu(conv(x)), 2)
        return self.logits(F.relu(self.dense(flatten(x))))


class Dropout(nn.Module):
    """Two stages of two 3x3 convolutions without padding, a max-pool and dropout."""

    def __init__(self, side=32):
        super().__init__()
        self.stage1 = nn.ModuleList([nn.Conv2d(3, 32, 3), nn.Conv2d(32, 32, 3)])
        self.stage2 = nn.ModuleList([nn.Conv2d(32, 64, 3), nn.Conv2d(64, 64, 3)])
        self.dense = nn.Linear((((side - 4) // 2 - 4) // 2) ** 2 * 64, 512)
        self.logits = nn.Linear(512, 10)

    def forward(self, x):
        for stage in (self.stage1, self.stage2):
            for conv in stage:
                x = F.relu(conv(x))
            x = F.dropout(F.max_pool2d(x, 2), 0.5)
        x = F.dropout(F.relu(self.dense(flatten(x))), 0.5)
        return self.logits(x)


class MLP(nn.Module):
    """Two hidden layers of 4096 sigmoid units."""

    def __init__(self, side=32):
        super().__init__()
        self.hidden = nn.ModuleList([nn.Linear(side**2 * 3, 4096), nn.Linear(4096, 4096)])
        self.logits = nn.Linear(4096, 100)

    def forward(self, x):
        x = flatten(x)
        for dense in self.hidden:
            x = torch.sigmoid(dense(x))
        return self.logits(x)


class EncoderBlock(nn.Module):
    """`x + attention(norm(x))`, then `x + mlp(norm(x))`."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.qkv = nn.Linear(width, 3 * width)
        self.projection = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.hidden = nn.Linear(width, 4 * width)
        self.output = nn.Linear(4 * width, width)

    def forward(self, x):
        batch, tokens, width = x.shape
        qkv = self.qkv(self.norm1(x)).view(batch, tokens, 3, self.heads, width // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)  # (batch, heads, tokens, width / heads)
        attended = F.scaled_dot_product_attention(query, key, value)
        x = x + self.projection(attended.transpose(1, 2).reshape(batch, tokens, width))
        return x + self.output(F.gelu(self.hidden(self.norm2(x))))


class ViT(nn.Module):
    """Patches of 7x7 and a class token, width 32, blocks of 4 heads."""

    def __init__(self, side=28, depth=2):
        super().__init__()
        self.patches = nn.Linear(7 * 7, 32)
        self.token = nn.Parameter(0.02 * torch.randn(1, 1, 32))
        self.positions = nn.Parameter(0.02 * torch.randn(1, (side // 7) ** 2 + 1, 32))
        self.blocks = nn.Sequential(*(EncoderBlock(32, 4) for _ in range(depth)))
        self.norm = nn.LayerNorm(32, eps=1e-6)
        self.logits = nn.Linear(32, 10)

    def forward(self, x):
        batch, side = len(x), x.shape[-1] // 7
        # (batch, 1, rows, 7, columns, 7) -> (batch, rows * columns, 7 * 7)
        x = (
            x[..., : side * 7, : side * 7]
            .reshape(batch, side, 7, side, 7)
            .transpose(2, 3)
            .reshape(batch, side * side, 49)
        )
        x = self.patches(x)
        x = torch.cat([self.token.expand(batch, -1, -1).to(x.dtype), x], 1) + self.positions
        return self.logits(self.norm(self.blocks(x)[:, 0]))


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut, a 1x1 convolution where the shape changes."""

    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.shortcut = nn.Identity()
        if stride > 1 or inputs != width:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width)
            )

    def forward(self, x):
        y = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(y)) + self.shortcut(x))


class ResNet18(nn.Module):
    """ResNet-18 with a 3x3 stem and no pool after it."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 64, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(64)
        widths = (64, 64, 128, 256, 512)
        blocks = []
        for inputs, width in itertools.pairwise(widths):
            stride = 1 if inputs == width else 2
            blocks += [ResidualBlock(inputs, width, stride), ResidualBlock(width, width, 1)]
        self.blocks = nn.Sequential(*blocks)
        self.logits = nn.Linear(512, 100)

    def forward(self, x):
        x = self.blocks(F.relu(self.norm(self.stem(x))))
        return self.logits(x.mean((2, 3)))


class Digits(nn.Module):
    """Three 3x3 convolutions of 20 channels with ReLU, a max-pool between them, a linear layer."""

    def __init__(self, side=28):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 20, 3, padding="same")
        self.conv2 = nn.Conv2d(20, 20, 3, padding="same")
        self.conv3 = nn.Conv2d(20, 20, 3, padding="same")
        self.logits = nn.Linear((side // 4) ** 2 * 20, 10)

    def forward(self, x):
        for conv in (self.conv1, self.conv2):
            x = F.max_pool2d(torch.relu(conv(x)), 2)
        return self.logits(flatten(torch.relu(self.conv3(x))))


MODELS = {
    "regularization": Regularization,
    "dropout": Dropout,
    "mlp": MLP,
    "vit": ViT,
    "resnet18": ResNet18,
    "digits": Digits,
    "fast": CifarNet,
}
