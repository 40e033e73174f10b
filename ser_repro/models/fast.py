"""CPU kernels for networks on raw waveforms: the same numbers as the plain PyTorch layers, in less time.

On a CPU the first layer of a waveform network is not bound by arithmetic but by memory: its output is by far the
largest tensor of the network, and convolution, normalisation, activation and pooling each read and write all of it
several times. `conv_norm_pool` goes through it a clip at a time, in pieces that stay in the processor's cache, and
keeps one value in four. `stacked_gru` runs all layers of a GRU at once along the diagonal (layer l at step t - l), so
that n layers over T steps take T + n - 1 small products in place of n * T. The benchmarks/ folder measures both.

Everything here is exact up to the order of summation; tests compare values and gradients with the plain layers.
"""

import functools
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_POOL = 4
_WINDOWS = 2  # pooling windows computed by one row of the block-Toeplitz product
_GROUP = _POOL * _WINDOWS


def _toeplitz(weight: Tensor, stride: int) -> Tensor:
    """Banded matrix that turns (kernel + stride * 7) samples into 8 neighbouring outputs of a convolution.

    weight (channel, kernel) -> (samples, 4, 2, channel): position in its window, window, channel.
    """
    channels, kernel = weight.shape
    band = weight.new_zeros(kernel + stride * (_GROUP - 1), _POOL, _WINDOWS, channels)
    for window in range(_WINDOWS):
        for position in range(_POOL):
            start = stride * (window * _POOL + position)
            band[start:start + kernel, position, window] = weight.t()
    return band


def _fold(band: Tensor, kernel: int, stride: int) -> Tensor:
    """Transpose of `_toeplitz`: sums the band's copies back to (channel, kernel)."""
    total = 0
    for window in range(_WINDOWS):
        for position in range(_POOL):
            start = stride * (window * _POOL + position)
            total = total + band[start:start + kernel, position, window]
    return total.t()


def _rows(clip: Tensor, count: int, width: int, step: int) -> Tensor:
    """`count` overlapping stretches of `width` samples, `step` apart, copied so that BLAS takes them."""
    return clip.as_strided((count, width), (step, 1), clip.storage_offset()).contiguous()


@functools.cache
def _pool(workers: int) -> ThreadPoolExecutor:
    """Threads that each run their operations on themselves alone."""
    return ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,))


def _each_clip(work, clips: int) -> list:
    """`work(i)` for every clip, on as many threads as PyTorch may use: PyTorch's own threads would share out single
    operations, which are too small for that."""
    threads = torch.get_num_threads()
    if threads == 1:
        return [work(i) for i in range(clips)]
    return list(_pool(threads).map(torch.no_grad()(work), range(clips)))


def _zero_past(rows: Tensor, length: int, channels: int) -> None:
    """Set what the last row holds beyond `length` outputs to zero. rows (group, 4, 2 * channel)."""
    for position in range(_GROUP - max(len(rows) * _GROUP - length, 0), _GROUP):
        rows[-1, position % _POOL].view(_WINDOWS, channels)[position // _POOL] = 0


class _ConvNormPool(torch.autograd.Function):
    """leaky_relu(batch_norm(conv(x))), max-pooled over 4, for a waveform that needs no gradient.

    LeakyReLU and normalisation are monotone, so the pool can come first: with the sign of gamma folded into the
    weights, the largest raw output of a window is the largest after them too.
    """

    @staticmethod
    def forward(ctx, x, weight, gamma, beta, lengths, extents, stride, eps, slope, mean, var):
        # x (batch, time); weight (channel, kernel); mean, var: None in training. Of a clip's outputs the first
        # `length` count, and those past `extent` are zero as their samples are: they are counted, not computed.
        batch, channels = len(x), len(weight)
        sign = torch.where(gamma < 0, -1.0, 1.0).to(weight.dtype)
        band = _toeplitz(weight * sign[:, None], stride)
        width, step = band.shape[0], stride * _GROUP
        flat = band.view(width, -1)
        groups = [-(-min(length, extent) // _GROUP) for length, extent in zip(lengths, extents, strict=True)]
        needed = width + step * (max(groups) - 1)
        if x.shape[1] < needed:
            x = F.pad(x, (0, needed - x.shape[1]))
        pooled = x.new_zeros(batch, max(lengths) // _POOL, channels)
        keep = ctx is not None and mean is None

        def one(i):
            length, count = lengths[i], groups[i]
            y = torch.mm(_rows(x[i], count, width, step), flat)             # (group, 4 * 2 * channel)
            y4 = y.view(count, _POOL, _WINDOWS * channels)
            _zero_past(y4, length, channels)
            best = torch.maximum(torch.maximum(y4[:, 0], y4[:, 1]), torch.maximum(y4[:, 2], y4[:, 3]))
            windows = min(count * _WINDOWS, length // _POOL)
            pooled[i, :windows] = best.view(-1, channels)[:windows]
            if not keep and mean is not None:
                return None, None, None
            ones = y.new_ones(count)
            return y if keep else None, ones @ y, ones @ (y * y)

        raw, sums, squares = zip(*_each_clip(one, batch), strict=True)
        count = sum(lengths)
        if mean is None:
            # In double: the mean of a waveform's filter output is tiny beside its spread, but not always.
            total, squares = (torch.stack(v).double().view(-1, channels).sum(0) for v in (sums, squares))
            signed_mean = total / count
            variance = (squares / count - signed_mean.square()).clamp(min=0)
            batch_mean, batch_var = signed_mean.to(x.dtype) * sign, variance.to(x.dtype)
        else:
            batch_mean, batch_var = mean, var
        scale = torch.rsqrt(batch_var + eps)
        normal = (pooled - batch_mean * sign) * scale                       # xhat, up to sign
        z = normal * gamma.abs() + beta
        if keep:
            ctx.save_for_backward(x, weight, gamma, scale, sign, batch_mean, pooled, z)
            ctx.raw, ctx.lengths, ctx.stride, ctx.slope = raw, lengths, stride, slope
        ctx.mark_non_differentiable(batch_mean, batch_var)
        return F.leaky_relu(z, slope), batch_mean, batch_var

    @staticmethod
    def backward(ctx, grad, _mean, _var):
        x, weight, gamma, scale, sign, mean, pooled, z = ctx.saved_tensors
        channels, kernel = weight.shape
        dz = torch.where(z > 0, grad, grad * ctx.slope)
        for i, length in enumerate(ctx.lengths):
            dz[i, length // _POOL:] = 0
        normal = (pooled - mean * sign) * scale
        dbeta = dz.sum((0, 1))
        dgamma_signed = (dz * normal).sum((0, 1))
        n = sum(ctx.lengths)
        # d(loss)/d(y) = factor * (dz at the window's first maximum) - offset - slope_y * y
        factor = gamma.abs() * scale
        slope_y = factor * dgamma_signed / n * scale
        offset = factor * dbeta / n - slope_y * mean * sign
        slope_y, offset = slope_y.repeat(_WINDOWS), offset.repeat(_WINDOWS)
        step = ctx.stride * _GROUP
        width = kernel + ctx.stride * (_GROUP - 1)
        routed = dz * factor                                                # (batch, window, channel)

        def one(i):
            y, best, out, length = ctx.raw[i], pooled[i], routed[i], ctx.lengths[i]
            count = len(y)
            if best.shape[0] < count * _WINDOWS:
                extra = (0, 0, 0, count * _WINDOWS - best.shape[0])
                best, out = F.pad(best, extra), F.pad(out, extra)
            best = best[:count * _WINDOWS].reshape(count, -1)
            out = out[:count * _WINDOWS].reshape(count, -1)
            y4 = y.view(count, _POOL, _WINDOWS * channels)
            dy = torch.addcmul(-offset, y4, slope_y, value=-1)
            free = None  # a tie goes to the first, as in PyTorch
            for position in range(_POOL):
                hit = y4[:, position] == best
                if free is None:
                    free = ~hit
                else:
                    hit &= free
                    free &= ~hit
                dy[:, position] += out * hit
            _zero_past(dy, length, channels)
            return _rows(x[i], count, width, step).t() @ dy.view(count, -1)

        dband = torch.stack(_each_clip(one, len(x))).sum(0).view(width, _POOL, _WINDOWS, channels)
        dweight = _fold(dband, kernel, ctx.stride) * sign[:, None]
        return None, dweight, dgamma_signed * sign, dbeta, *[None] * 7


def conv_norm_pool(x: Tensor, conv: nn.Conv1d, norm: nn.BatchNorm1d, lengths: Tensor, samples: Tensor,
                   slope: float) -> Tensor:
    """Convolution of a one-channel waveform, batch norm, LeakyReLU and max-pool over 4.

    Parameters
    ----------
    x : Tensor, shape (batch, 1, time)
        Needs no gradient.
    lengths : Tensor of int64, shape (batch,)
        Outputs of the convolution that count; statistics are taken over these alone.
    samples : Tensor of int64, shape (batch,)
        Samples of each clip; x is zero from there on.

    Returns
    -------
    Tensor, shape (batch, channel, max(lengths) // 4)
        A channels-last view; beyond a clip's length its values mean nothing.
    """
    training = norm.training
    # The bias shifts output and mean alike: it leaves the training pass unchanged and moves the running mean only.
    mean, var = (None, None) if training else (norm.running_mean - conv.bias, norm.running_var)
    y, batch_mean, batch_var = _ConvNormPool.apply(
        x.squeeze(1), conv.weight.squeeze(1), norm.weight, norm.bias, lengths.tolist(),
        (-(-samples // conv.stride[0])).clamp(min=1).tolist(), conv.stride[0], norm.eps, slope, mean, var)
    if training:
        update_running(norm, batch_mean + conv.bias.detach(), batch_var, int(lengths.sum()))
    return y.transpose(1, 2)


def update_running(norm: nn.BatchNorm1d, mean: Tensor, var: Tensor, count: int) -> None:
    """BatchNorm's running statistics, with its own momentum and the unbiased variance, as PyTorch keeps them."""
    with torch.no_grad():
        norm.running_mean.lerp_(mean, norm.momentum)
        norm.running_var.lerp_(var * (count / max(count - 1, 1)), norm.momentum)
        norm.num_batches_tracked += 1


class _Conv3(torch.autograd.Function):
    """Convolution with a kernel of 3 and a frame of padding on both sides, of a signal as an image of height 1.

    oneDNN's gradients of so narrow a convolution take four times as long as the convolution. The input's is itself a
    convolution, with the kernel turned round; the weight's three products, one a tap.
    """

    @staticmethod
    def forward(ctx, x, weight, bias):
        # x (batch, channel, 1, frame), channels last
        ctx.save_for_backward(x, weight)
        return F.conv2d(x, weight.unsqueeze(2), bias, padding=(0, 1))

    @staticmethod
    def backward(ctx, grad):
        x, weight = ctx.saved_tensors
        grad = grad.contiguous(memory_format=torch.channels_last)
        d_x = F.conv2d(grad, weight.flip(2).transpose(0, 1).unsqueeze(2), padding=(0, 1))
        x, g = (t.squeeze(2).transpose(1, 2) for t in (x, grad))            # (batch, frame, channel)
        taps = [torch.bmm(late.transpose(1, 2), early).sum(0) for late, early in (
            (g[:, 1:], x[:, :-1]), (g, x), (g[:, :-1], x[:, 1:]))]
        return d_x, torch.stack(taps, 2), g.sum((0, 1))


def conv_block(x: Tensor, conv: nn.Conv1d, norm: nn.BatchNorm1d, lengths: Tensor | None, slope: float,
               pool: bool) -> Tensor:
    """1-D convolution, batch norm, LeakyReLU and, if asked for, max-pool over 4, in channels-last memory.

    oneDNN and PyTorch know channels-last for images only, so a signal is an image of height 1; for few channels and
    long signals it is faster throughout. `lengths` (frames of each clip) masks the padding out of the statistics.
    """
    x = x.unsqueeze(2).contiguous(memory_format=torch.channels_last)
    x = _Conv3.apply(x, conv.weight, conv.bias)
    if lengths is None:
        if norm.training:
            norm.num_batches_tracked += 1
        x = F.batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias, norm.training,
                         norm.momentum, norm.eps)
    else:
        x = masked_batch_norm(x.squeeze(2), norm, lengths).unsqueeze(2)
    x = F.leaky_relu(x, slope, inplace=True)
    if pool:
        x = F.max_pool2d(x, (1, _POOL))
    return x.squeeze(2)


def masked_batch_norm(x: Tensor, norm: nn.BatchNorm1d, lengths: Tensor) -> Tensor:
    """Batch normalisation whose statistics are taken over the clips and not over their padding.

    Parameters
    ----------
    x : Tensor, shape (batch, channel, frame)
    lengths : Tensor of int64, shape (batch,)
        Frames of each clip.
    """
    if not norm.training:
        return norm(x)
    mask = (torch.arange(x.shape[-1], device=x.device) < lengths[:, None]).unsqueeze(1).to(x.dtype)
    count = int(lengths.sum())
    mean = (x * mask).sum((0, 2), keepdim=True) / count
    centred = (x - mean) * mask
    var = centred.square().sum((0, 2), keepdim=True) / count
    update_running(norm, mean.detach().flatten(), var.detach().flatten(), count)
    scale = norm.weight[:, None] * torch.rsqrt(var + norm.eps)
    return centred * scale + norm.bias[:, None]


class _StackedGRU(torch.autograd.Function):
    """All layers of a GRU along the diagonal: at wave w, layer l is at step w - l.

    States lie as (wave, batch, 1 + layer, h), slot 0 empty, so that the two inputs of layer l, the state of the layer
    below and its own, are neighbours in memory and one batched product serves all layers. A gate's four parts are
    reset, update, candidate from below, candidate from itself; the values after their activations take their place.
    """

    @staticmethod
    def forward(ctx, gates, weight, bias, start):
        # gates (time, batch, 4h): layer 0's input product; weight (n, 2h, 4h); bias (n, 1, 4h);
        # start (n, batch, h), no gradient
        time, batch, size = gates.shape[0], gates.shape[1], gates.shape[2] // 4
        n = len(weight)
        waves = time + n - 1
        states = gates.new_zeros(waves + 1, batch, n + 1, size)
        if start is not None:
            states[0, :, 1:] = start.transpose(0, 1)
        pairs = _pairs(states)
        own = states[:, :, 1:].transpose(1, 2)                # (wave, n, batch, h)
        parts = gates.new_zeros(waves, n, batch, 4 * size)
        base = bias.expand(n, batch, 4 * size).clone()
        gates = gates + bias[0]
        for w in range(waves):
            lo, hi = max(0, w - time + 1), min(n, w + 1)      # layers at work
            if lo == 0:
                base[0] = gates[w]
            part = parts[w, lo:hi]
            torch.baddbmm(base[lo:hi], pairs[w, lo:hi], weight[lo:hi], out=part)
            part[..., :2 * size].sigmoid_()
            candidate = part[..., 2 * size:3 * size]
            candidate.addcmul_(part[..., :size], part[..., 3 * size:]).tanh_()
            own[w + 1, lo:hi] = torch.lerp(candidate, own[w, lo:hi], part[..., size:2 * size])
            if hi - lo < n:
                own[w + 1, :lo] = own[w, :lo]                 # finished
                own[w + 1, hi:] = own[w, hi:]                 # not yet begun
        ctx.save_for_backward(states, parts, weight)
        last = own[-1].clone()
        ctx.mark_non_differentiable(last)
        return own[n:, n - 1].clone(), last                   # (time, batch, h), (n, batch, h)

    @staticmethod
    def backward(ctx, grad, _last):
        states, parts, weight = ctx.saved_tensors
        waves, n, batch, size = parts.shape[0], parts.shape[1], parts.shape[2], parts.shape[3] // 4
        time = waves - n + 1
        r, u, c, below = parts.view(waves, n, batch, 4, size).unbind(3)
        before = states[:-1, :, 1:].transpose(1, 2)
        # A state's gradient times these is the gradient of the four parts: known for all waves beforehand.
        to_c = (1 - u) * (1 - c * c)
        factors = torch.stack([to_c * below * r * (1 - r), (before - c) * u * (1 - u), to_c, to_c * r], 3)
        grads = torch.zeros_like(factors)                     # (wave, n, batch, 4, h)
        flat = grads.view(waves, n, batch, 4 * size)
        weight_t = weight.transpose(1, 2).contiguous()
        d = grad.new_zeros(n, batch, size)
        for w in range(waves - 1, -1, -1):
            lo, hi = max(0, w - time + 1), min(n, w + 1)
            if hi == n:
                d[-1] += grad[w - n + 1]
            total = d[lo:hi]
            torch.mul(total.unsqueeze(2), factors[w, lo:hi], out=grads[w, lo:hi])
            both = torch.bmm(flat[w, lo:hi], weight_t[lo:hi])
            d[lo:hi] = torch.addcmul(both[..., size:], total, u[w, lo:hi])
            first = max(lo, 1)
            if hi > first:
                d[first - 1:hi - 1] += both[first - lo:, :, :size]
        flat = flat.transpose(0, 1).reshape(n, waves * batch, -1)
        inputs = _pairs(states)[:-1].transpose(0, 1).reshape(n, waves * batch, -1)
        d_weight = torch.bmm(inputs.transpose(1, 2), flat)
        return grads[:time, 0].reshape(time, batch, -1), d_weight, flat.sum(1, keepdim=True), None


def _pairs(states: Tensor) -> Tensor:
    """Overlapping view (wave, n, batch, 2h) of states (wave, batch, 1 + n, h): layer below and own."""
    waves, batch, slots, size = states.shape
    wave, row, slot, _ = states.stride()
    return states.as_strided((waves, slots - 1, batch, 2 * size), (wave, slot, row, 1))


def stacked_gru(x: Tensor, gru: nn.GRU, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """What a unidirectional, batch-first `nn.GRU` returns; no gradient flows into or out of the states.

    Parameters
    ----------
    x : Tensor, shape (batch, time, feature)

    state : Tensor, shape (layers, batch, hidden), optional

    Returns
    -------
    output : Tensor, shape (batch, time, hidden)
    state : Tensor, shape (layers, batch, hidden)
    """
    n, size = gru.num_layers, gru.hidden_size
    w_in, w_hidden, b_in, b_hidden = ([getattr(gru, f"{kind}_l{layer}") for layer in range(n)] for kind in (
        "weight_ih", "weight_hh", "bias_ih", "bias_hh"))

    def four(below, own):
        """(..., 3h) of the two products -> (..., 4h): reset and update are sums, the candidate's halves are not."""
        return torch.cat([below[..., :2 * size] + own[..., :2 * size], below[..., 2 * size:], own[..., 2 * size:]], -1)

    none = gru.weight_hh_l0.new_zeros(size, 3 * size)
    weight = torch.stack([torch.cat([four(w_in[layer].t() if layer else none, none), four(none, w_hidden[layer].t())])
                          for layer in range(n)])
    bias = torch.stack([four(b_in[layer], b_hidden[layer]) for layer in range(n)]).unsqueeze(1)
    below = F.linear(x.transpose(0, 1), w_in[0])
    gates = four(below, torch.zeros_like(below))
    out, last = _StackedGRU.apply(gates, weight, bias, state)
    return out.transpose(0, 1), last
