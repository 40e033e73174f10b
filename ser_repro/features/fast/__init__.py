"""The descriptors that librosa defines, computed faster: on the processor, or in batches on a GPU.

What is called from outside is `descriptors.Fast` and `batched.Batched`; a `Clip` chooses. librosa is never imported
here: small things that it defines are written again in `banks`, `spectral` and `constant_q`, and tests hold them
against it. Nor is numba, unless medians or harmonic parts are asked for.
"""
