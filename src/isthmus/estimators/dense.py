"""Autoencoder, the estimator for tables: PCA's ergonomics, a stacked network's codes."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from isthmus.dense.applied import DenseInUse
from isthmus.dense.arrays import DenseArrays
from isthmus.dense.backends import Backend
from isthmus.dense.layers import Layer
from isthmus.errors import InputError
from isthmus.estimators.devices import checked_device
from isthmus.estimators.exporting import Given
from isthmus.estimators.ordered import OrderedCodes
from isthmus.estimators.pca_attributes import PCAAttributes
from isthmus.export.parts import Part
from isthmus.export.precision import warn_of_coarse_columns
from isthmus.export.samples import drawn, n_checked
from isthmus.fitting.applying import float_type
from isthmus.fitting.dense import DenseDesign, DenseParameters, dense_design
from isthmus.fitting.fitted import Fitted
from isthmus.fitting.loss import resolve_loss
from isthmus.parameters import DENSE, ParameterTable
from isthmus.parameters.rules import plain_code_size, refuse
from isthmus.rows.batches import Rows, dense_rows
from isthmus.rows.scaling import ColumnRange
from isthmus.system.extras import require
from isthmus.words import counted

if TYPE_CHECKING:
    from isthmus.export.graph import Graph
    from isthmus.networks.dense import DenseAutoencoder


class Autoencoder(OrderedCodes, PCAAttributes):
    """A dense autoencoder that starts at PCA and only improves.

    An encoder compresses each row into a small code (the latent code), and a decoder that mirrors it reconstructs the
    row. With the PCA start the network *is* PCA before its first epoch: a linear path holds the principal axes, and
    the stacks of non-linear layers beside it add nothing yet. Then everything is trained, held-out rows are scored
    after each epoch, and the best epoch is kept, the start included: on those rows the model is never worse than PCA
    (with ``loss="bce"``: than the start, which is near PCA).

    Parameters
    ----------
    code_size : int, float or "mle", default=0.95
        Number of codes, at least 1. A float between 0 and 1 means as many as PCA needs to keep more than that share of
        the variance. "mle" means as many as PCA finds likeliest (Minka 2000); it needs at least as many rows as
        columns, and its time grows with the cube of their number. Codes beyond the rank of the rows start at zero.
    encoder_layers : int or tuple of int, default=2
        Hidden layers of the encoder. A tuple names the nodes of each, from the data's side; an int counts them,
        and their widths taper geometrically from the width of the data to the code, never under 64 nodes.
    decoder_layers : int, tuple of int or None, default=None
        The same for the decoder, in the order that a code meets them. None mirrors the encoder.
    activation : {"identity", "relu", "leaky_relu", "sigmoid", "tanh", "elu", "gelu", "silu"}, default="relu"
        Activation of the hidden layers. With "identity" the network is linear; with the PCA start and squared
        error it is then PCA itself, fitted on all rows, and nothing is left to train. With ``start="random"`` it is
        trained by L-BFGS on all rows (an epoch is ten steps; batch size, learning rate and patience are ignored)
        and brought to PCA's form.
    loss : {"auto", "mse", "bce"}, default="auto"
        Mean squared error, or binary cross-entropy, which needs values in [0, 1] and ends in a sigmoid. "auto" means
        "bce" if every value lies in [0, 1], the network is not linear and ``scale`` is "auto" or "none", unless its
        start has more than 1.1 times PCA's squared error: then "mse" ends lower.
    start : {"pca", "random"}, default="pca"
        Initial weights: PCA, or random initialisation as in the classic stacked autoencoder.
    ordered : bool, default=False
        Train the codes in order of importance: the first reconstructs as well as one code can, then the first two, and
        so on. ``truncate(k)`` and ``rate_distortion(X)`` then need no further training. The network has a decoder for
        the first code, the first 2, 4, 8, …; an epoch takes two to five times as long. A share as ``code_size`` then
        means the fewest codes that explain it on the held-out rows, and no more than PCA needs. A linear network is
        ordered anyway.
    whiten : bool, default=False
        Divide the codes of a linear network by their standard deviations, as PCA does.
    noise : None, str or tuple (str, float), default=None
        Noise on the rows that the encoder sees; reconstructions are compared with the rows without it. "gaussian"
        (strength: standard deviation, as a share of the data's own; 0.1), "masking" (share of values set to zero;
        0.25) or "salt_and_pepper" (share of values set to their column's minimum or maximum; 0.1), with the default
        strength or as a tuple with another: ``("masking", 0.5)``.
    scale : {"auto", "standard", "global", "none"}, default="auto"
        "standard" divides each centred column by its standard deviation, so that columns with different units
        count alike. "global" divides all by one number, the root mean square about the means: the objective
        stays the squared error in the data's units. "none" divides by nothing. "auto" is "none" for data in
        [0, 1] and otherwise "global".
    max_epochs : int, default=200
        Most epochs that training takes.
    batch_size : int or "auto", default="auto"
        Rows in a training step. "auto": a power of two near a hundredth of the rows, from 32 to 128.
    learning_rate : float, default=0.003
        Peak of the learning rate, which falls to zero over ``max_epochs`` along half a cosine.
    weight_decay : float, default=0.1
        Decoupled weight decay (AdamW) of all weights.
    validation_fraction : float or "auto", default="auto"
        Share of the rows that is held out to choose the best epoch by. "auto": a tenth; of up to 1,000 rows each is
        held out in one of three folds, which networks beside it are trained on, and the network is trained on all
        rows for as many epochs as were best on the folds (with the PCA start). 0 trains on every row for all
        ``max_epochs``; the best epoch is then chosen by the training rows, and errors are theirs.
    patience : int or None, default=30
        Number of epochs without a new best after which training ends. None: it never ends early.
    device : str or torch.device, default="auto"
        Device that the network is trained and applied on: "cpu", "cuda", "cuda:1", …; "auto" takes a GPU if there is
        one.
    random_state : int, RandomState or None, default=None
        Seed of the split, the weights and the order of the rows. With an int, the same machine and number of
        threads, fits repeat exactly.
    verbose : bool, default=False
        Show a progress bar on stderr.
    backend : {"auto", "torch"}, default="auto"
        What computes the network. "auto": NumPy on CPUs, and PyTorch on other devices. "torch": PyTorch on CPUs too; it
        needs the extra ``isthmus[images]``. A model from a file uses NumPy.

    Attributes
    ----------
    code_size_ : int
        Number of codes.
    encoder_layers_, decoder_layers_ : tuple of int
        Nodes of each hidden layer.
    loss_ : {"mse", "bce"}
        The loss in use.
    mean_ : ndarray of shape (n_features,)
        Mean of the training rows.
    scale_ : ndarray of shape (n_features,)
        Divisor of each column, from the parameter ``scale``.
    n_epochs_, best_epoch_ : int
        Number of epochs, and the epoch whose weights are kept. 0 is the start. It is left only for an epoch that is
        better on the held-out rows by more than chance (with the PCA start). Otherwise the model is the start made from
        all rows, held-out ones included (PCA of all rows; not with ``ordered`` and a single fold).
    history_ : dict of lists
        By epoch, from 0: ``"epoch"``, ``"training_error"`` (of the batches while they were trained on; NaN for
        epoch 0) and ``"validation_error"``.
    start_error_, validation_error_ : float
        Mean squared error of the held-out rows before training and at the best epoch; in the data's units, or
        with ``scale="standard"`` in those of the standardised columns. With ``noise``, of noisy rows. With folds, of
        each row by the network that was not trained on it.
    pca_error_ : float
        The same error of PCA with as many components, fitted on the same training rows. With the PCA start and squared
        error it is ``start_error_``.
    validation_variance_ : float
        The same error of the training mean.
    n_samples_ : int
        Number of rows that the model was made from: all with folds or where ``best_epoch_`` is 0, otherwise those that
        were not held out.
    n_samples_seen_ : int
        The same number after ``partial_fit``: that of the rows in all parts, which ``mean_`` is the mean of.
    held_out_ : bool
        Whether these errors are of held-out rows; otherwise they are of the training rows or, after ``partial_fit``,
        of the last part of them (``scored_rows``).
    fitted_ : Fitted
        Everything that the fit found, as one value.
    module_ : torch.nn.Module
        The network: ``encode``, ``decode`` and ``forward`` take and give tensors in the data's units.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of str
        Names of the columns, if X had names.

    See Also
    --------
    sklearn.decomposition.PCA : The linear autoencoder that training starts from.

    References
    ----------
    P. Baldi, K. Hornik (1989). Neural networks and principal component analysis: learning from examples without
    local minima. Neural Networks 2, 53-58.

    G. E. Hinton, R. R. Salakhutdinov (2006). Reducing the dimensionality of data with neural networks. Science
    313, 504-507.

    T. P. Minka (2000). Automatic choice of dimensionality for PCA. NIPS 13, 598-604.

    E. Plaut (2018). From principal subspaces to principal components with linear autoencoders. arXiv:1804.10253.

    O. Rippel, M. Gelbart, R. Adams (2014). Learning ordered representations with nested dropout. ICML.

    P. Vincent et al. (2010). Stacked denoising autoencoders. JMLR 11, 3371-3408.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from isthmus import Autoencoder
    >>> X = load_digits().data
    >>> model = Autoencoder(8, max_epochs=20, random_state=0).fit(X)
    >>> model.transform(X).shape
    (1797, 8)
    >>> model.validation_error_ < model.pca_error_
    True
    """

    parameter_table: ClassVar[ParameterTable] = DENSE

    fitted_: Fitted[DenseArrays]

    def __init__(
        self,
        code_size: int | float | str = 0.95,
        *,
        encoder_layers: int | Sequence[int] = 2,
        decoder_layers: int | Sequence[int] | None = None,
        activation: str = "relu",
        loss: str = "auto",
        start: str = "pca",
        ordered: bool = False,
        whiten: bool = False,
        noise: str | tuple[str, float] | None = None,
        scale: str = "auto",
        max_epochs: int = 200,
        batch_size: int | str = "auto",
        learning_rate: float = 3e-3,
        weight_decay: float = 0.1,
        validation_fraction: float | str = "auto",
        patience: int | None = 30,
        device: Any = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
        backend: str = "auto",
    ) -> None:
        self.code_size = code_size
        self.encoder_layers = encoder_layers
        self.decoder_layers = decoder_layers
        self.activation = activation
        self.loss = loss
        self.start = start
        self.ordered = ordered
        self.whiten = whiten
        self.noise = noise
        self.scale = scale
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.device = device
        self.random_state = random_state
        self.verbose = verbose
        self.backend = backend

    @property
    def module_(self) -> "DenseAutoencoder":
        """The network as a torch module; on the CPU its weights are those of the model itself."""
        check_is_fitted(self)
        if not hasattr(self, "_module"):
            require("images")
            from isthmus.networks.dense import DenseAutoencoder  # noqa: PLC0415 — torch is optional

            self._module = DenseAutoencoder.of(self.fitted_.network).to(self._backend.device)
        return self._module

    @property
    def encoder_layers_(self) -> tuple[int, ...]:
        """Nodes of each hidden layer of the encoder."""
        return self.fitted_.network.encoder_layers

    @property
    def decoder_layers_(self) -> tuple[int, ...]:
        """Nodes of each hidden layer of the decoder."""
        return self.fitted_.network.decoder_layers

    @property
    def starts_at_pca(self) -> bool:
        """Whether the network is PCA, or near it, before it is trained."""
        return self.start == "pca"

    @property
    def n_weights(self) -> int:
        """Number of weights and biases of the network."""
        check_is_fitted(self)
        return self.fitted_.network.n_weights

    @property
    def layers(self) -> list[Layer]:
        """The network's layers, from the columns through the code to the reconstructed columns."""
        network = self.fitted_.network

        def dense(widths: tuple[int, ...]) -> list[Layer]:
            if not network.stacks:
                return []
            return [Layer(f"dense, {network.activation}", width, short=network.activation) for width in widths]

        code = Layer("code", self.code_size_)
        return self._between_columns([*dense(network.encoder_layers), code, *dense(network.decoder_layers)])

    def _fits_linear(self, loss: str, target: Rows | None) -> bool:
        is_linear = self.activation == "identity" and loss == "mse" and self.noise is None and target is None
        if self.whiten and not is_linear:
            raise refuse(self, "whiten", "False unless the network is linear (activation='identity', loss='mse')", True)
        return is_linear

    def _check_input(self, X: object, target: object, *, reset: bool) -> tuple[Rows, Rows | None]:
        self.validate_parameters()
        rows = self._check_rows(X, reset=reset)
        if target is None:
            return rows, None
        expected = self._check_rows(target, "target")
        if expected.shape[0] != rows.shape[0]:
            raise InputError(f"target has {counted(expected.shape[0], 'row')}, but X has {rows.shape[0]}.")
        return rows, expected

    def _resolve_loss(self, values: ColumnRange, in_use: str | None = None) -> str:
        names = [f"column {name!r}" for name in self.feature_names]
        return resolve_loss(self.loss, self.scale, self.activation, values, names, in_use=in_use)

    def _checked_backend(self) -> Backend:
        device = checked_device(self, self.device)
        if self.backend == "torch":
            require("images")
        return Backend(device, uses_torch=device != "cpu" or self.backend == "torch")

    def _design(self, loss: str, backend: Backend, *, is_linear: bool) -> DenseDesign:
        own = {field.name: getattr(self, field.name) for field in fields(DenseParameters) if field.name != "backend"}
        own["code_size"] = plain_code_size(self.code_size)
        return dense_design(DenseParameters(**own, backend=backend), loss, is_linear=is_linear)

    def _network(self, X: Rows) -> DenseInUse:
        return DenseInUse(self.fitted_.network, float_type(X), self._backend)

    def _graph(self, part: Part) -> "Graph":
        from isthmus.export.dense import dense_graph  # noqa: PLC0415 — an optional part

        if part.dtype == np.float32:
            warn_of_coarse_columns(self.fitted_.columns.statistics, self.feature_names, stacklevel=5)
        return dense_graph(self.fitted_.network, part, self.scale_ if self.scale == "standard" else None)

    def _rows_to_check(self, part: Part, X: object) -> Iterator[Given]:
        network, n = self.fitted_.network, self.n_features_in_
        rows = [drawn(self.fitted_.columns.statistics, n_checked(n))]
        if X is not None:
            rows.append(dense_rows(self._ready(X)[0], slice(n_checked(n))))
        own, exact = (DenseInUse(network, np.dtype(each).type) for each in (part.dtype, np.float64))
        units = network.arrays["scale"], network.arrays["code_unit"]
        yield Given(np.concatenate(rows), (n,), (network.code_size,), own, exact, *units)
