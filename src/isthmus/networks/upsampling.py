"""Up-sampling by repetition and the convolution after it, as one transposed convolution.

Let u repeat every pixel of x twice, u[2i] = u[2i + 1] = x[i], and let w be a kernel of k = 2r + 1 taps. Then, with
zeros outside the image (in one dimension; the other works the same way),

    y[m] = Σⱼ w[j] u[m + j − r] = Σᵢ x[i] W[m − 2i + r],     W[t] = w[2r − t] + w[2r + 1 − t],

which is a transposed convolution of stride 2 and padding r whose k + 1 taps are the reversed w, correlated with a box
of two. It takes ((k + 1) / 2)² multiplications a pixel where the two steps take k²: 4 instead of 9 for k = 3.
"""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class UpsamplingConvolution(nn.Conv2d):
    """Repeat rows and columns, then convolve; the weights are those of the convolution.

    Parameters
    ----------
    n_inputs, n_outputs, kernel_size, bias
        As for ``nn.Conv2d``; ``kernel_size`` is odd.
    fused : bool
        Whether one transposed convolution computes both steps. Values and gradients are the same up to rounding.
    """

    def __init__(self, n_inputs: int, n_outputs: int, kernel_size: int, *, bias: bool, fused: bool) -> None:
        super().__init__(n_inputs, n_outputs, kernel_size, padding=kernel_size // 2, bias=bias)
        self.fused = fused

    def forward(
        self, x: Float[Tensor, "images inputs height width"]
    ) -> Float[Tensor, "images outputs 2*height 2*width"]:
        if self.fused:
            kernel = transposed_kernel(self.weight)
            return F.conv_transpose2d(x, kernel, self.bias, stride=2, padding=self.kernel_size[0] // 2)
        return super().forward(x.repeat_interleave(2, dim=-2).repeat_interleave(2, dim=-1))


def transposed_kernel(kernel: Float[Tensor, "outputs inputs k k"]) -> Float[Tensor, "inputs outputs k+1 k+1"]:
    """Kernel of the transposed convolution that equals repetition followed by a convolution with ``kernel``."""
    padded = F.pad(kernel.transpose(0, 1).flip(-2, -1), (1, 1, 1, 1))
    rows = padded[..., 1:, :] + padded[..., :-1, :]
    return rows[..., 1:] + rows[..., :-1]
