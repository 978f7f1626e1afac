"""PyTorch's dropout, as a peer of the benchmark."""

import peer

try:
    import torch
except ImportError as e:
    peer.missing("torch", e)


class Torch(peer.Rival):
    def full(self, n, value):
        return torch.full((n,), value, dtype=torch.float32)

    def ramp(self, n):
        return (torch.arange(n) % 1024 - 511.5).float()

    def copy(self, dst, src):
        dst.copy_(src)

    def seed(self, seed):
        torch.manual_seed(seed)

    def threads(self, n):
        torch.set_num_threads(n)
        return True


class Functional(Torch):
    name = "torch-dropout"
    about = "PyTorch %s: torch.nn.functional.dropout, backward by autograd" % torch.__version__
    backward_needs = "mask"
    function = staticmethod(torch.nn.functional.dropout)

    def forward(self, dst, src):
        return self.function(src, self.p, True)

    def backward(self, dst, grad):
        # Autograd frees a graph that it has run, so the one forward is kept.
        if getattr(self, "made_for", None) != (self.p, self.n):
            self.made_for = (self.p, self.n)
            self.x = torch.zeros(self.n, requires_grad=True)
            self.y = self.function(self.x, self.p, True)
        return torch.autograd.grad(self.y, self.x, grad, retain_graph=True)[0]


class Alpha(Functional):
    name = "torch-alpha"
    ops = ("Alpha.Forward", "Alpha.Backward")
    function = staticmethod(torch.nn.functional.alpha_dropout)


class Native(Torch):
    name = "torch-native"
    about = "PyTorch %s: torch.native_dropout and native_dropout_backward" % torch.__version__
    backward_needs = "mask"
    mask_bytes = 1

    def forward(self, dst, src):
        y, self.mask = torch.native_dropout(src, self.p, True)
        return y

    def backward(self, dst, grad):
        return torch.ops.aten.native_dropout_backward(grad, self.mask, 1 / (1 - self.p))


if __name__ == "__main__":
    peer.serve("torch", ["PyTorch " + torch.__version__], [Functional(), Native(), Alpha()])
