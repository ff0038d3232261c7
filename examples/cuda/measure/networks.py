"""The zoo's networks in plain torch.nn: the same layers and sizes, with random weights. Weights do not change times."""

import torch
from torch import nn
from torch.nn import functional

TOKENS = 128


class Attention(nn.Module):
    """BERT's self-attention; the products of queries and keys and what follows are PyTorch's own fused attention."""

    def __init__(self, hidden, heads):
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(hidden, hidden)
        self.key = nn.Linear(hidden, hidden)
        self.value = nn.Linear(hidden, hidden)
        self.output = nn.Linear(hidden, hidden)

    def forward(self, x, bias):
        batch, tokens, hidden = x.shape
        q, k, v = (
            part(x).view(batch, tokens, self.heads, hidden // self.heads).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        return self.output(mixed.transpose(1, 2).reshape(batch, tokens, hidden))


class EncoderLayer(nn.Module):
    def __init__(self, hidden, heads, inner):
        super().__init__()
        self.attention = Attention(hidden, heads)
        self.attention_norm = nn.LayerNorm(hidden, eps=1e-12)
        self.intermediate = nn.Linear(hidden, inner)
        self.output = nn.Linear(inner, hidden)
        self.output_norm = nn.LayerNorm(hidden, eps=1e-12)

    def forward(self, x, bias):
        x = self.attention_norm(x + self.attention(x, bias))
        return self.output_norm(x + self.output(functional.gelu(self.intermediate(x))))


class Bert(nn.Module):
    """BERT (Devlin et al., arXiv:1810.04805), from token numbers on."""

    VOCABULARY = 30522
    POSITIONS = 512

    def __init__(self, layers, hidden, heads, inner, pooler):
        super().__init__()
        self.words = nn.Embedding(self.VOCABULARY, hidden)
        self.positions = nn.Embedding(self.POSITIONS, hidden)
        self.kinds = nn.Embedding(2, hidden)
        self.norm = nn.LayerNorm(hidden, eps=1e-12)
        self.layers = nn.ModuleList(EncoderLayer(hidden, heads, inner) for _ in range(layers))
        self.pooler = nn.Linear(hidden, hidden) if pooler else None
        self.register_buffer("places", torch.arange(self.POSITIONS)[None])

    def forward(self, ids, mask, kinds):
        x = self.words(ids) + self.kinds(kinds) + self.positions(self.places[:, : ids.shape[1]])
        x = self.norm(x)
        bias = (1 - mask[:, None, None, :].to(x.dtype)) * torch.finfo(x.dtype).min
        for layer in self.layers:
            x = layer(x, bias)
        return x if self.pooler is None else (x, torch.tanh(self.pooler(x[:, 0])))


class Bottleneck(nn.Module):
    """1x1, 3x3 (which has the stride) and 1x1 convolutions around a shortcut."""

    EXPANSION = 4

    def __init__(self, channels, width, stride):
        super().__init__()
        out = width * self.EXPANSION
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out, 1, bias=False)
        self.norm3 = nn.BatchNorm2d(out)
        self.shortcut = None
        if stride != 1 or channels != out:
            self.shortcut = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = functional.relu(self.norm1(self.conv1(x)))
        y = functional.relu(self.norm2(self.conv2(y)))
        y = self.norm3(self.conv3(y))
        return functional.relu(y + (x if self.shortcut is None else self.shortcut(x)))


class ResNet50(nn.Module):
    """ResNet-50 (He et al., arXiv:1512.03385), with the stride in the 3x3 convolutions."""

    def __init__(self, classes=1000):
        super().__init__()
        self.conv = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.norm = nn.BatchNorm2d(64)
        self.pool = nn.MaxPool2d(3, 2, 1)
        blocks, channels = [], 64
        for width, count, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
            for i in range(count):
                blocks.append(Bottleneck(channels, width, stride if i == 0 else 1))
                channels = width * Bottleneck.EXPANSION
        self.blocks = nn.Sequential(*blocks)
        self.classify = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.pool(functional.relu(self.norm(self.conv(x))))
        return self.classify(torch.flatten(functional.adaptive_avg_pool2d(self.blocks(x), 1), 1))


def minilm():
    return Bert(layers=6, hidden=384, heads=12, inner=1536, pooler=False)


def bert_base():
    return Bert(layers=12, hidden=768, heads=12, inner=3072, pooler=True)


NETWORKS = {"minilm": minilm, "bert-base": bert_base, "resnet50": ResNet50}


def network(name, batch, dtype, device):
    """The network in evaluation mode, and its inputs."""
    torch.manual_seed(1)
    model = NETWORKS[name]().eval().to(device=device, dtype=dtype)
    if name == "resnet50":
        return model, (torch.rand(batch, 3, 224, 224, device=device, dtype=dtype),)
    ids = torch.randint(0, Bert.VOCABULARY, (batch, TOKENS), device=device)
    return model, (ids, torch.ones_like(ids), torch.zeros_like(ids))
