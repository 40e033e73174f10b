"""A noise floor for what hears how weak a weak part is.

Spectral contrast, pitch classes and other ratios have no level: where a recording holds nothing, in digital silence or
above half its first rate, they are of what the resampler rounds to, which another resampler rounds otherwise. Noise as
strong as one step of 16 bits is far above that, and below what a microphone adds.
"""

import numpy as np

STEP = 2.0**-15  # of 16 bits, where full scale is 1
_FACTOR, _ADDED = 1664525, 1013904223  # Numerical Recipes' linear congruential generator, of 32 bits


def uniform(count: int) -> np.ndarray:
    """Noise between -1 and 1, always the same, shape (count,): whole numbers alone decide it, in any language."""
    powers = np.full(count, _FACTOR, np.uint32)
    powers[:1] = 1
    state = np.cumsum(np.cumprod(powers, dtype=np.uint32), dtype=np.uint32) * np.uint32(_ADDED)  # modulo 2^32
    return state / 2.0**31 - 1


def with_floor(samples: np.ndarray, level: float = STEP) -> np.ndarray:
    """Samples, shape (time,), with noise of that amplitude, in single precision."""
    return (samples + level * uniform(len(samples))).astype(np.float32)
