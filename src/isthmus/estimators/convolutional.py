"""ConvAutoencoder, the estimator for images: convolutions instead of dense layers, and images of any size."""

import copy
import math
from collections.abc import Sequence
from typing import Any, ClassVar, cast

import numpy as np
import torch
from sklearn.utils import Tags, check_array
from sklearn.utils.validation import check_is_fitted

from isthmus.dense.backends import Backend
from isthmus.dense.layers import Layer
from isthmus.errors import InputError, ParameterError
from isthmus.estimators.devices import checked_device
from isthmus.estimators.image_exporting import ExportableImages, needs_image
from isthmus.estimators.image_rows import n_dimensions_of, shape_text
from isthmus.fitting.applying import apply_in_parts, float_type
from isthmus.fitting.convolutional import (
    ConvolutionalParameters,
    ImageNetwork,
    convolutional_design,
    fitted_around,
    settings_of,
)
from isthmus.fitting.design import Design, TrainingSet
from isthmus.fitting.fitted import Fitted
from isthmus.fitting.loss import resolve_loss
from isthmus.networks import (
    ConvolutionalAutoencoder,
    ImageAutoencoder,
    ImageCodeAutoencoder,
    ImageShape,
    for_inference,
    upsampling_of,
)
from isthmus.networks.applied import ModuleInUse
from isthmus.networks.convolutional import Architecture
from isthmus.parameters import CONVOLUTIONAL, ParameterTable
from isthmus.parameters.convolutional import FROM_THE_IMAGE, filters_of
from isthmus.parameters.rules import plain_code_size
from isthmus.rows.batches import Rows
from isthmus.rows.frames import array_like, without_torch
from isthmus.rows.refusals import cell_errors
from isthmus.rows.scaling import ColumnRange
from isthmus.system.surroundings import own_surroundings
from isthmus.training.batches import Batches
from isthmus.words import counted


class ConvAutoencoder(ExportableImages):
    """A convolutional autoencoder for images of any size, whose default is the reference network.

    An encoder of convolutions and poolings makes small images of an image, and a decoder that mirrors it makes the
    image of them again. Training is that of ``Autoencoder``: images are held out, and the best epoch is kept.

    Parameters
    ----------
    filters : int or tuple of int, default=(64, 64)
        Filters of each layer of the encoder, first layer first; an int means two layers of as many.
    code_size : int, float, "mle" or None, default=None
        Number of codes of a dense code, with a hidden layer of 512 nodes between it and the small images in the middle;
        a float between 0 and 1 or "mle" chooses the number by PCA, as for ``Autoencoder``. All images then have one
        size. None: the small images are the code.
    decoder_filters : int, tuple of int or None, default=None
        The same for the decoder. None mirrors the encoder. With as many layers as the encoder, each up-samples where
        its mirror pools; otherwise the first layers up-sample, and there must be enough of them.
    kernel_size : int, default=3
        Rows and columns of every kernel; odd.
    pooling : bool or tuple of bool, default=True
        Whether a max-pool halves height and width after each layer of the encoder; a tuple has a value for each layer.
    patch : int, default=1
        Rows and columns of the patches whose pixels become channels before the first layer. With 2, the layers at the
        finest resolution see a quarter of the pixels and take a quarter of the time.
    activation : {"identity", "relu", "leaky_relu", "sigmoid", "tanh", "elu", "gelu", "silu"}, default="leaky_relu"
        Activation of all layers but the last.
    batch_norm : bool or "auto", default="auto"
        Whether a batch norm follows every convolution but the last. "auto": without ``code_size`` only, since dense
        codes train better without.
    skips : bool, default=False
        Add the output of each layer of the encoder to that of its mirror in the decoder, so that fine strokes bypass
        the code; a code can then not be decoded without its image.
    start : {"auto", "random", "identity", "affine", "pca"}, default="auto"
        Initial weights: "random"; for cleaning, "identity", which returns images as they are (the network is x + g(x),
        and g starts at zero), or "affine", with a factor for each pixel (x + g(x) + h(x) x), since dirt absorbs a share
        of the light; with ``code_size``, "pca" as for ``Autoencoder``: PCA of the whole images in a linear path, beside
        which the convolutions add nothing yet. "auto" is "pca" with ``code_size``, otherwise "random".
    image_shape : tuple of int or None, default=None
        Height, width and (unless there is one) channels of the images in flat rows. None: flat rows are images with a
        single row of pixels, such as signals. Arrays of images do not need it.
    loss : {"auto", "mse", "bce"}, default="auto"
        Mean squared error, or binary cross-entropy, which needs values in [0, 1] and ends in a sigmoid. "auto" means
        "bce" if every value lies in [0, 1], ``scale`` is "auto" or "none", ``activation`` is not "identity" and
        ``start`` is neither "identity" nor "affine".
    noise : None, str or tuple (str, float), default=None
        Noise on the images that the encoder sees; as for ``Autoencoder``.
    scale : {"auto", "standard", "global", "none"}, default="auto"
        Divisor of images after their mean is subtracted: "standard" divides each channel by its standard
        deviation, "global" all of them by one number, "none" leaves images as they are. "auto" is "none" for images in
        [0, 1] and otherwise "global". Results are in the images' own units in any case.
    max_epochs : int, default=50
        Most epochs that training takes.
    batch_size : int or "auto", default="auto"
        Images in a training step. "auto": as for ``Autoencoder``, and fewer where they are large.
    learning_rate : float, default=0.003
        Peak of the learning rate, which falls to zero over ``max_epochs`` along half a cosine.
    weight_decay : float, default=0.1
        Decoupled weight decay (AdamW) of all weights.
    validation_fraction : float or "auto", default="auto"
        Share of the images that is held out to choose the best epoch by. "auto": a tenth; with ``code_size`` and a
        PCA start, each of up to 1,000 images is held out in one of three folds, which networks beside it are trained
        on, and the network is trained on all images for as many epochs as were best on the folds. 0 trains on every
        image for all ``max_epochs``; the best epoch is then chosen by the training images, and errors are theirs.
    patience : int or None, default=10
        Number of epochs without a new best after which training ends. None: it never ends early.
    device : str or torch.device, default="auto"
        Device that the network is trained and applied on: "cpu", "cuda", "cuda:1", …; "auto" takes a GPU if there is
        one.
    random_state : int, RandomState or None, default=None
        Seed of the split, the weights and the order of the images. With an int, the same machine and number of
        threads, fits repeat exactly.
    verbose : bool, default=False
        Show a progress bar on stderr.

    Attributes
    ----------
    image_shape_ : tuple of int
        Height, width and channels of the training images.
    code_size_ : int
        Number of codes; without ``code_size``, the number of values in the small images of a training image.
    loss_ : {"mse", "bce"}
        The loss in use.
    mean_, scale_ : ndarray of shape (channels,)
        Mean of each channel of the training images, and its divisor from ``scale``; with ``code_size`` of each value of
        each pixel, of shape (n_features,).
    n_epochs_, best_epoch_ : int
        Number of epochs, and the epoch whose weights are kept. 0 is the start. A PCA start is left only for an epoch
        that is better on the held-out images by more than chance; otherwise the model is the start made from all
        images, held-out ones included.
    history_ : dict of lists
        By epoch, from 0: ``"epoch"``, ``"training_error"`` (of the batches while they were trained on; NaN for
        epoch 0) and ``"validation_error"``.
    start_error_, validation_error_ : float
        Mean squared error of the held-out images before training and at the best epoch; in the images' units, or with
        ``scale="standard"`` in those of the standardised channels. With ``noise``, of noisy images.
    pca_error_ : float
        With ``code_size``, the same error of PCA with as many components, fitted on the same training images.
    validation_variance_ : float
        The same error of the training mean.
    n_samples_ : int
        Number of images that the model was trained on.
    n_samples_seen_ : int
        After ``partial_fit``: number of images in all parts, which ``mean_`` is the mean of.
    held_out_ : bool
        Whether these errors are of held-out images; otherwise they are of the training images or, after
        ``partial_fit``, of the last part of them (``scored_rows``).
    module_ : torch.nn.Module
        The network: ``encode``, ``decode`` and ``forward`` take and give flat rows in the images' units.
        ``module_.convolutional`` is the network inside, for images (n, channels, height, width) of unit scale.
    n_features_in_ : int
        Number of values in a training image.
    feature_names_in_ : ndarray of str
        Names of the columns, if flat rows had names.

    See Also
    --------
    Autoencoder : Dense layers, for tables and for small images of one size.

    Notes
    -----
    Images come as arrays (n_images, height, width) or (n_images, height, width, channels), with values of any unit:
    results for 8-bit images are in 0–255, too. Arrays of images give arrays of images.
    After fitting, ``reconstruct``, ``transform`` and the errors take images of any height and width; large ones are
    reconstructed tile by tile. Arrays of images are computed in float32, flat rows in their own precision.

    References
    ----------
    X.-J. Mao, C. Shen, Y.-B. Yang (2016). Image restoration using very deep convolutional encoder-decoder networks
    with symmetric skip connections. NeurIPS.

    W. Shi et al. (2016). Real-time single image and video super-resolution using an efficient sub-pixel convolutional
    neural network. CVPR.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from isthmus import ConvAutoencoder
    >>> images = load_digits().images
    >>> model = ConvAutoencoder((8, 4), max_epochs=2, random_state=0).fit(images)
    >>> model.transform(images).shape
    (1797, 2, 2, 4)
    >>> model.reconstruct(images[:, :5, :7]).shape
    (1797, 5, 7)
    """

    parameter_table: ClassVar[ParameterTable] = CONVOLUTIONAL

    fitted_: Fitted[ImageNetwork]

    def __init__(
        self,
        filters: int | Sequence[int] = (64, 64),
        *,
        code_size: int | float | str | None = None,
        decoder_filters: int | Sequence[int] | None = None,
        kernel_size: int = 3,
        pooling: bool | Sequence[bool] = True,
        patch: int = 1,
        activation: str = "leaky_relu",
        batch_norm: bool | str = "auto",
        skips: bool = False,
        start: str = "auto",
        image_shape: Sequence[int] | None = None,
        loss: str = "auto",
        noise: str | tuple[str, float] | None = None,
        scale: str = "auto",
        max_epochs: int = 50,
        batch_size: int | str = "auto",
        learning_rate: float = 3e-3,
        weight_decay: float = 0.1,
        validation_fraction: float | str = "auto",
        patience: int | None = 10,
        device: str | torch.device = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        self.filters = filters
        self.code_size = code_size
        self.decoder_filters = decoder_filters
        self.kernel_size = kernel_size
        self.pooling = pooling
        self.patch = patch
        self.activation = activation
        self.batch_norm = batch_norm
        self.skips = skips
        self.start = start
        self.image_shape = image_shape
        self.loss = loss
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

    @classmethod
    @own_surroundings()
    def from_network(
        cls, network: ConvolutionalAutoencoder, X: object, *, target: object = None, device: str | torch.device = "auto"
    ) -> "ConvAutoencoder":
        """Make a fitted estimator from a trained network; it can be saved, and trained further.

        Parameters
        ----------
        network : ConvolutionalAutoencoder
            Copied, in float32. It sees images as they are given, without a scale.
        X : array of images
            Images that the network was not trained on: errors, means, height and width are theirs.
        target : like X, optional
            Images that the network should make of them; X itself by default.
        device : str or torch.device, default="auto"
            As for the estimator.

        Returns
        -------
        model : ConvAutoencoder
            With ``n_epochs_`` 0 and ``n_samples_`` the number of images in X. ``loss_`` is "bce" where the network
            ends in a sigmoid.
        """
        settings: dict[str, Any] = dict(network.settings)
        if network.decoder_filters == network.filters[::-1]:
            settings["decoder_filters"] = None
        if len(set(network.pooling)) == 1:
            settings["pooling"] = network.pooling[0]
        if network.start == "random":
            settings["start"] = "auto"
        if network.settings["batch_norm"]:
            settings["batch_norm"] = "auto"
        loss = "bce" if network.output == "sigmoid" else "mse"
        model = cls(**settings, loss=loss, scale="none", validation_fraction=0.0, device=device)
        data = TrainingSet(*model._check_input(X, target, reset=True))
        if model.image_shape_[2] != network.channels:
            raise InputError(
                f"X has {counted(model.image_shape_[2], 'channel')}, but the network takes {network.channels}."
            )
        model._resolve_loss(data.expected_range)
        copied = copy.deepcopy(network).float()
        backend = model._checked_backend()
        parameters = model._network_parameters(backend.device)
        model._publish(fitted_around(copied, parameters, data, model._recipe(), loss), backend)
        return model

    @own_surroundings()
    def inverse_transform(self, X: object, *, image_size: tuple[int, int] | None = None) -> Any:
        """Decode codes.

        Parameters
        ----------
        X : array of shape (n_images, h, w, filters), or flat rows of shape (n_images, code_size_)
            As ``transform`` gives them.
        image_size : tuple of int, optional
            Height and width of the images, if they differ from those of the training images; by default the largest
            with such codes.

        Returns
        -------
        images : ndarray of shape (n_images, height, width) or (n_images, height, width, channels), or flat rows
            In the data's units.

        Raises
        ------
        ParameterError
            If the network needs the image, not only its code: with ``skips`` or a start from the images.
        """
        check_is_fitted(self)
        if self._has_one_size:
            rows = super().inverse_transform(X)
            if self.image_layout_ == "rows":
                return rows
            return self._as_images(rows, with_channels=self.image_layout_ == "channels")
        module = self.module_
        assert isinstance(module, ImageAutoencoder)
        convolutional = module.convolutional
        if convolutional.needs_image:
            raise needs_image(convolutional, "inverse_transform", "reconstruct(X)")
        if n_dimensions_of(X) == 2:
            return super().inverse_transform(X)
        codes = without_torch(X)
        with cell_errors(codes, "X"):
            codes = check_array(codes, allow_nd=True, dtype=[np.float64, np.float32], input_name="X")
        if codes.ndim != 4 or codes.shape[3] != convolutional.filters[-1]:
            raise InputError(
                f"X must have the shape (n_images, h, w, {convolutional.filters[-1]}). Got {codes.shape} instead."
            )
        height, width, channels = self.image_shape_
        if image_size is not None:
            height, width = image_size
        elif codes.shape[1:3] != module.code_shape[:2]:
            height, width = (side * convolutional.grid for side in codes.shape[1:3])
        in_use = self._in_use(np.float32, (height, width, channels))
        network = cast(ImageAutoencoder, in_use.module)
        if codes.shape[1:] != network.code_shape:
            raise ParameterError(
                f"image_size={image_size} has codes of shape {network.code_shape}, and X {codes.shape[1:]}."
            )
        rows = apply_in_parts(in_use.decode, in_use, codes.reshape(len(codes), -1), network.n_features)
        with_channels = self.image_layout_ == "channels" or channels > 1
        return array_like(X, self._as_images(rows, network.image_shape, with_channels=with_channels))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        tags.input_tags.three_d_array = True
        return tags

    @property
    def module_(self) -> ImageNetwork:
        """The network."""
        check_is_fitted(self)
        return self.fitted_.network

    @property
    def starts_at_pca(self) -> bool:
        """Whether the network is PCA, or near it, before it is trained."""
        return self.code_size is not None and self.start != "random"

    @property
    def architecture_(self) -> dict[str, Any]:
        """Parameters of the fitted network by name: filters, pooling, kernel size and others."""
        check_is_fitted(self)
        return settings_of(self.fitted_.network)

    @property
    def n_weights(self) -> int:
        """Number of weights and biases of the network."""
        return sum(weights.numel() for weights in self.module_.parameters())

    @property
    def layers(self) -> list[Layer]:
        """The network's layers, from the columns through the code to the reconstructed columns."""
        settings = self.architecture_
        pooling, decoder_filters = settings["pooling"], settings["decoder_filters"]
        grid = settings["patch"] * 2 ** sum(pooling)
        height, width = (-(-side // grid) for side in self.image_shape_[:2])

        def convolution(filters: int, step: int) -> Layer:
            shape = (filters, height * step, width * step)
            name = f"convolution, {settings['activation']}, {shape_text(shape)}"
            return Layer(name, math.prod(shape), short=settings["activation"])

        def steps(halves: tuple[bool, ...]) -> list[int]:
            return [2 ** sum(halves[:i]) for i in range(len(halves) + 1)]

        before = [convolution(*pair) for pair in zip(settings["filters"], steps(pooling[::-1])[:0:-1], strict=True)]
        after = [
            convolution(*pair)
            for pair in zip(decoder_filters, steps(upsampling_of(pooling, len(decoder_filters)))[1:], strict=True)
        ]
        middle = [Layer(f"code, {shape_text((settings['filters'][-1], height, width))}", self.code_size_, short="code")]
        if isinstance(self.module_, ImageCodeAutoencoder):
            dense = Layer(f"dense, {settings['activation']}", self.module_.middle, short=settings["activation"])
            middle = [dense, Layer("code", self.code_size_), dense]
        return self._between_columns([*before, *middle, *after])

    def _check_input(self, X: object, target: object, *, reset: bool) -> tuple[Rows, Rows | None]:
        self.validate_parameters()
        return self._images_as_rows(X, target, reset=reset)

    def _resolve_loss(self, values: ColumnRange, in_use: str | None = None) -> str:
        channels = self.image_shape_[2]
        names = [f"channel {i}" for i in range(channels)] if channels > 1 else ["pixels"]
        loss = "mse" if self.loss == "auto" and self.start in FROM_THE_IMAGE else self.loss
        low, high = (limits.reshape(-1, channels) for limits in values)
        by_channel = low.min(axis=0), high.max(axis=0)
        return resolve_loss(loss, self.scale, self.activation, by_channel, names, in_use=in_use)

    def _checked_backend(self) -> Backend:
        return Backend(checked_device(self, self.device), uses_torch=True)

    def _design(
        self, loss: str, backend: Backend, *, is_linear: bool
    ) -> Design[ImageNetwork, ImageNetwork, Batches[torch.Tensor]]:
        return convolutional_design(self._network_parameters(backend.device), loss)

    def _network_parameters(self, device: str) -> ConvolutionalParameters:
        filters, code_size = filters_of(self.filters), self.code_size
        architecture: Architecture = {
            "decoder_filters": None if self.decoder_filters is None else filters_of(self.decoder_filters, len(filters)),
            "kernel_size": self.kernel_size,
            "pooling": self.pooling if isinstance(self.pooling, Sequence) else bool(self.pooling),
            "activation": self.activation,
            "batch_norm": code_size is None if self.batch_norm == "auto" else bool(self.batch_norm),
            "patch": self.patch,
        }
        return ConvolutionalParameters(
            image_shape=self.image_shape_,
            filters=filters,
            architecture=architecture,
            code_size=None if code_size is None else plain_code_size(code_size),
            skips=bool(self.skips),
            start=self.start,
            scale=self.scale,
            device=torch.device(device),
        )

    def _ready(self, X: object, name: str = "X") -> tuple[Rows, ModuleInUse]:
        check_is_fitted(self)
        rows, shape = self._checked(X, name, reset=False)
        # In float64 convolutions take seven times as long, and images seldom have more than 16 bits.
        precision = np.float32 if n_dimensions_of(X) > 2 else float_type(rows)
        return rows, self._in_use(precision, shape)

    def _network(self, X: Rows) -> ModuleInUse:
        return self._in_use(float_type(X), self.image_shape_)

    def _in_use(self, precision: type, image_shape: ImageShape) -> ModuleInUse:
        """Return the network in this precision, for images of this shape, in its fastest form."""
        network = for_inference(self.module_)
        if isinstance(network, ImageAutoencoder):
            network.image_shape, network.tiled = image_shape, True
        return ModuleInUse(network.double() if precision == np.float64 else network)
