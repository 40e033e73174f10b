"""The descriptors as librosa gives them."""

import warnings

import numpy as np

from ser_repro.features.compiled import librosa
from ser_repro.features.descriptors import Descriptors


class Reference(Descriptors):
    """Descriptors of one clip, straight from librosa."""

    @property
    def _stft(self) -> dict:
        return {"n_fft": self.n_fft, "hop_length": self.hop}

    @staticmethod
    def resampled(samples: np.ndarray, sample_rate: int, rate: int, near: bool = False) -> np.ndarray:
        """Always exact."""
        return librosa.resample(samples, orig_sr=sample_rate, target_sr=rate, res_type="soxr_hq")

    def _quietly(self, function, **arguments):
        with warnings.catch_warnings():  # of frames longer than the clip, and of silence, which has no tuning
            warnings.simplefilter("ignore", UserWarning)
            return function(**arguments)

    def mel(self, n_mels: int = 128, filter_rate: int | None = None) -> np.ndarray:
        return self._quietly(librosa.feature.melspectrogram, y=self.samples, sr=filter_rate or self.sample_rate,
                             n_mels=n_mels, **self._stft)

    def mfcc(self, n: int) -> np.ndarray:
        return self._quietly(librosa.feature.mfcc, y=self.samples, sr=self.sample_rate, n_mfcc=n, **self._stft)

    def chroma(self) -> np.ndarray:
        return self._quietly(librosa.feature.chroma_stft, y=self.samples, sr=self.sample_rate, **self._stft)

    def contrast(self) -> np.ndarray:
        return self._quietly(librosa.feature.spectral_contrast, y=self.samples, sr=self.sample_rate, **self._stft)

    def tonnetz(self, harmonic: bool = False) -> np.ndarray:
        self._long_enough(harmonic)
        samples = self._quietly(librosa.effects.harmonic, y=self.samples) if harmonic else self.samples
        return self._quietly(librosa.feature.tonnetz, y=samples, sr=self.sample_rate)

    def zero_crossings(self) -> np.ndarray:
        return librosa.feature.zero_crossing_rate(self.samples, frame_length=self.n_fft, hop_length=self.hop)

    def rms(self) -> np.ndarray:
        return librosa.feature.rms(y=self.samples, frame_length=self.n_fft, hop_length=self.hop)

    def rolloff(self) -> np.ndarray:
        return self._quietly(librosa.feature.spectral_rolloff, y=self.samples, sr=self.sample_rate, **self._stft)

    def flatness(self) -> np.ndarray:
        return self._quietly(librosa.feature.spectral_flatness, y=self.samples, **self._stft)

    def bandwidth(self) -> np.ndarray:
        return self._quietly(librosa.feature.spectral_bandwidth, y=self.samples, sr=self.sample_rate, **self._stft)
