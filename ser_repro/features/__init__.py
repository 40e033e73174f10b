"""Feature sets, a module each: from a folder of audio to arrays in a cache folder that training reads.

Importing this package registers its sets, which imports none of the libraries that compute them.
"""

from ser_repro.features import crema258, egemaps, issa193, mel_image, mfcc, msf, raw

__all__ = ["crema258", "egemaps", "issa193", "mel_image", "mfcc", "msf", "raw"]
