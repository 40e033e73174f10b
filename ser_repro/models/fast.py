"""CPU kernels for networks on raw waveforms: the same numbers as the plain PyTorch layers, in less time.

On a CPU the first layer of a waveform network is not bound by arithmetic but by memory: its output is by far the
largest tensor of the network, and convolution, normalisation, activation and pooling each read and write all of it
several times. `conv_norm_pool` goes through it a clip at a time, in pieces that stay in the processor's cache, and
keeps one value in four. `stacked_gru` runs all layers of a GRU at once along the diagonal (layer l at step t - l), so
that n layers over T steps take T + n - 1 small products in place of n * T. The benchmarks/ folder measures both.

Everything here is exact up to the order of summation; tests compare values and gradients with the plain layers.
"""

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
        # Sums in double: the mean of a waveform's filter output is tiny beside its spread, but not always.
        total = torch.zeros(channels, dtype=torch.float64, device=x.device)
        squares = torch.zeros_like(total)
        keep = ctx is not None and mean is None
        raw = []
        for clip, length, count, out in zip(x, lengths, groups, pooled, strict=True):
            y = torch.mm(_rows(clip, count, width, step), flat)             # (group, 4 * 2 * channel)
            y4 = y.view(count, _POOL, _WINDOWS * channels)
            _zero_past(y4, length, channels)
            if mean is None:
                ones = y.new_ones(count)
                total += (ones @ y).view(-1, channels).sum(0, dtype=torch.float64)
                squares += (ones @ (y * y)).view(-1, channels).sum(0, dtype=torch.float64)
            best = torch.maximum(torch.maximum(y4[:, 0], y4[:, 1]), torch.maximum(y4[:, 2], y4[:, 3]))
            windows = min(count * _WINDOWS, length // _POOL)
            out[:windows] = best.view(-1, channels)[:windows]
            if keep:
                raw.append(y)
        count = sum(lengths)
        if mean is None:
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
            ctx.raw, ctx.lengths, ctx.groups, ctx.stride, ctx.slope = raw, lengths, groups, stride, slope
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
        dband = weight.new_zeros(width, _GROUP * channels)
        routed = dz * factor                                                # (batch, window, channel)
        for clip, length, count, y, best, out in zip(x, ctx.lengths, ctx.groups, ctx.raw, pooled, routed,
                                                     strict=True):
            if best.shape[0] < count * _WINDOWS:
                extra = (0, 0, 0, count * _WINDOWS - best.shape[0])
                best, out = F.pad(best, extra), F.pad(out, extra)
            best = best[:count * _WINDOWS].reshape(count, -1)
            out = out[:count * _WINDOWS].reshape(count, -1)
            y4 = y.view(count, _POOL, _WINDOWS * channels)
            dy = torch.addcmul(-offset, y4, slope_y, value=-1)
            free = None
            for position in range(_POOL):
                hit = y4[:, position] == best
                if free is None:
                    free = ~hit
                else:
                    hit &= free
                    free &= ~hit
                dy[:, position] += out * hit
            _zero_past(dy, length, channels)
            dband.addmm_(_rows(clip, count, width, step).t(), dy.view(count, -1))
        dweight = _fold(dband.view(width, _POOL, _WINDOWS, channels), kernel, ctx.stride) * sign[:, None]
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


def conv_block(x: Tensor, conv: nn.Conv1d, norm: nn.BatchNorm1d, lengths: Tensor | None, slope: float,
               pool: bool) -> Tensor:
    """1-D convolution, batch norm, LeakyReLU and, if asked for, max-pool over 4, in channels-last memory.

    oneDNN and PyTorch know channels-last for images only, so a signal is an image of height 1; for few channels and
    long signals it is faster throughout. `lengths` (frames of each clip) masks the padding out of the statistics.
    """
    x = x.unsqueeze(2).contiguous(memory_format=torch.channels_last)
    x = F.conv2d(x, conv.weight.unsqueeze(2), conv.bias, padding=(0, conv.padding[0]))
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
    """All layers of a GRU along the diagonal: at wave w, layer l is at step w - l."""

    @staticmethod
    def forward(ctx, gates, w_in, w_hidden, b_in, b_hidden, start):
        # gates (time, batch, 3h): layer 0's input product with bias; w_in (n-1, h, 3h): layers 1..;
        # w_hidden (n, h, 3h); b_in (n-1, 1, 3h); b_hidden (n, 1, 3h); start (n, batch, h), no gradient
        time, batch, three = gates.shape
        n, size = len(w_hidden), three // 3
        waves = time + n - 1
        hidden = gates.new_zeros(waves + 1, n, batch, size)   # hidden[w]: every layer before wave w
        if start is not None:
            hidden[0] = start
        kept = gates.new_empty(waves, 4, n, batch, size)      # reset, update, candidate, hidden part of candidate
        from_in = gates.new_empty(n, batch, three)
        for w in range(waves):
            lo, hi = max(0, w - time + 1), min(n, w + 1)      # layers at work
            before = hidden[w, lo:hi]
            if lo == 0:
                from_in[0] = gates[w]
            if hi > max(lo, 1):
                first = max(lo, 1)
                torch.baddbmm(b_in[first - 1:hi - 1], hidden[w, first - 1:hi - 1], w_in[first - 1:hi - 1],
                              out=from_in[first:hi])
            a = from_in[lo:hi]
            b = torch.baddbmm(b_hidden[lo:hi], before, w_hidden[lo:hi])
            ru = torch.sigmoid_(a[..., :2 * size] + b[..., :2 * size])
            r, u, hn = ru[..., :size], ru[..., size:], b[..., 2 * size:]
            c = torch.tanh_(torch.addcmul(a[..., 2 * size:], r, hn))
            torch.lerp(c, before, u, out=hidden[w + 1, lo:hi])
            hidden[w + 1, :lo] = hidden[w, :lo]               # finished
            hidden[w + 1, hi:] = hidden[w, hi:]               # not yet begun
            keep = kept[w]
            keep[0, lo:hi], keep[1, lo:hi], keep[2, lo:hi], keep[3, lo:hi] = r, u, c, hn
        ctx.save_for_backward(hidden, kept, w_in, w_hidden)
        ctx.time = time
        last = hidden[-1].clone()
        ctx.mark_non_differentiable(last)
        return hidden[n:, n - 1].clone(), last                # (time, batch, h), (n, batch, h)

    @staticmethod
    def backward(ctx, grad, _last):
        hidden, kept, w_in, w_hidden = ctx.saved_tensors
        time, n = ctx.time, len(w_hidden)
        waves, batch, size = len(kept), hidden.shape[2], hidden.shape[3]
        d_in = grad.new_zeros(waves, n, batch, 3 * size)      # gradients of the gates' input products
        d_hid = grad.new_zeros(waves, n, batch, 3 * size)     # and of their hidden products
        dh = grad.new_zeros(n, batch, size)                   # from the layer's own next step
        below = grad.new_zeros(n, batch, size)                # from the layer above, one wave later
        w_in_t, w_hidden_t = w_in.transpose(1, 2).contiguous(), w_hidden.transpose(1, 2).contiguous()
        # Factors that do not depend on the gradient: computed for all waves at once.
        r, u, c, hn = kept.unbind(1)
        to_c = (1 - u) * (1 - c * c)
        to_u = (hidden[:-1] - c) * u * (1 - u)
        to_r = hn * r * (1 - r)
        for w in range(waves - 1, -1, -1):
            lo, hi = max(0, w - time + 1), min(n, w + 1)
            total = dh[lo:hi] + below[lo:hi]
            if hi == n:
                total[-1] += grad[w - n + 1]
            gi, gh = d_in[w, lo:hi], d_hid[w, lo:hi]
            dc = total * to_c[w, lo:hi]
            torch.mul(dc, to_r[w, lo:hi], out=gi[..., :size])
            torch.mul(total, to_u[w, lo:hi], out=gi[..., size:2 * size])
            gi[..., 2 * size:] = dc
            gh[..., :2 * size] = gi[..., :2 * size]
            torch.mul(dc, r[w, lo:hi], out=gh[..., 2 * size:])
            dh[lo:hi] = torch.baddbmm(total * u[w, lo:hi], gh, w_hidden_t[lo:hi])
            below.zero_()
            first = max(lo, 1)
            if hi > first:
                torch.bmm(d_in[w, first:hi], w_in_t[first - 1:hi - 1], out=below[first - 1:hi - 1])
        flat_in = d_in.transpose(0, 1).reshape(n, waves * batch, -1)
        flat_hid = d_hid.transpose(0, 1).reshape(n, waves * batch, -1)
        states = hidden[:-1].transpose(0, 1).reshape(n, waves * batch, -1)
        dw_hidden = torch.bmm(states.transpose(1, 2), flat_hid)
        dw_in = torch.bmm(states[:-1].transpose(1, 2), flat_in[1:])
        return (d_in[:time, 0], dw_in, dw_hidden, flat_in[1:].sum(1, keepdim=True), flat_hid.sum(1, keepdim=True),
                None)


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
    n = gru.num_layers
    weight = [[getattr(gru, f"{kind}_l{layer}") for layer in range(n)]
              for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    gates = F.linear(x.transpose(0, 1), weight[0][0], weight[2][0])
    size = gru.hidden_size
    w_in = (torch.stack(weight[0][1:]).transpose(1, 2) if n > 1 else gates.new_zeros(0, size, 3 * size))
    b_in = torch.stack(weight[2][1:]).unsqueeze(1) if n > 1 else gates.new_zeros(0, 1, 3 * size)
    w_hidden = torch.stack(weight[1]).transpose(1, 2)
    b_hidden = torch.stack(weight[3]).unsqueeze(1)
    out, last = _StackedGRU.apply(gates, w_in.contiguous(), w_hidden.contiguous(), b_in, b_hidden, state)
    return out.transpose(0, 1), last
