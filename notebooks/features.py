# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The features: what a model is given
#
# Two of the six documents give their network the waveform: [CNN-n-GRU](cnn_n_gru.ipynb) and the CNN of
# [Qayyum et al.](qayyum.ipynb) The other four, and the CREMA-D study's copy of that CNN, first compute *features*: in
# the sets shown here {glue:text}`ft_smallest` to {glue:text}`ft_largest` numbers of a clip, or some of each frame. No
# network can recover what a feature set throws away, and what it keeps is not only emotion: in {glue:text}`ft_ahead`
# pairs of corpus and set measured here, a linear discriminant names a known speaker, in a sentence that it has not met,
# better than the emotion of a speaker that it has not met.

# %% tags=["parameters", "hide-input"]
corpora: list = ["RAVDESS", "EMO-DB", "SAVEE"]  # corpora in which emotions and speakers are told apart
example: str = "RAVDESS"  # corpus whose sentence goes through every set
data: str = ""  # folder of the corpora; "": SER_REPRO_DATA
results: str = "results"  # folder of the stored measures
recompute: bool = False  # measure the corpora on this machine anew, store that, and show a real sentence
seed: int = 0  # which speaker and sentence are the example

# %% tags=["hide-input"]
from ser_repro import book
from ser_repro.book import one_sentence, palette
from ser_repro.book.features import facts, plots, sound, timings, two_clips, words
from ser_repro.features import modulation

book.check(globals(), corpora=words.indexed(), example=words.indexed(), data=None, results=None,
           recompute=(True, False), seed=None)
palette.use_theme()
apart = facts.gather(corpora, results=results, data=data or None, recompute=recompute)

# %% tags=["hide-cell"]
thrown, cut = words.cut(results)
for key, value in (words.facts() | facts.facts(apart) | cut).items():
    book.say(key, value)

# %% [markdown]
# ## The sets

# %% tags=["hide-input"]
book.text(words.definitions())

# %% [markdown]
# An *MFCC* describes the shape of the spectrum, a *mel band* how much sound is in a band of frequencies, *chroma* which
# notes of the scale are heard, *contrast* how far peaks rise above valleys, *tonnetz* how the notes relate, and
# *modulation* how fast loudness goes up and down in a band {cite}`wu2011automatic`. All are computed on short frames; a
# *mean over time* makes one number of all frames.
#
# ## One sentence through each set

# %% tags=["hide-input"]
sentence = plots.pair(example, seed, data=data or None, results=results, demo=not recompute)
one_sentence.announce(sentence, "the parameter recompute is True and that corpus is on this machine")

# %% tags=["hide-input", "remove-output"]
given = two_clips.given(sentence, example, seed, results)
book.say("ft_sentence_of", sentence.told)
book.draw("ft_images", plots.images(given))

# %% [markdown]
# ```{glue:figure} ft_images
# ---
# name: fig-through-every-image
# alt: >-
#   A neutral and an angry waveform, and below them the image that each set with a time axis makes of them, on one time
#   axis. The image of the first 100 frames ends after about a second, before most of the speech; those of 30 mel bands
#   leave out the first half second; the others cover the clip.
# ---
# {glue:text}`ft_sentence_of`. What each set with a time axis gives a model, low frequencies or coefficients at the
# bottom. Grey is what the model is not given. Each image of bands has a scale of its own.
# ```

# %% tags=["hide-input", "remove-output"]
book.draw("ft_means", plots.means(given))

# %% [markdown]
# ```{glue:figure} ft_means
# ---
# name: fig-through-every-mean
# alt: >-
#   Small line charts of the time means of MFCCs, mel bands, chroma, contrast and tonnetz, a line for neutral and one
#   for anger. In mel power anger stands far above neutral in a few bands and both are near zero in all others.
# ---
# {glue:text}`ft_sentence_of`. The same two clips as time means, each descriptor at its own scale. Mel bands enter as
# power, not in decibels.
# ```

# %% tags=["hide-input", "remove-output"]
book.draw("ft_modulation", plots.modulation(given))

# %% [markdown]
# ```{glue:figure} ft_modulation
# ---
# name: fig-modulation
# alt: >-
#   Two grids, neutral and anger: acoustic bands upwards, modulation bands across, brighter where there is more energy.
# ---
# {glue:text}`ft_sentence_of`. The same two clips as modulation spectra, mean over frames: how much of a clip's energy
# goes up and down at which rate, in which band.
# ```

# %% tags=["hide-input"]
book.table(words.keeps())

# %% [markdown]
# ### To listen to
#
# What each set keeps of the sentence, turned back into sound. Phases are guessed, which adds a metallic ring. The clips
# are demo speech, silence included, and brought to one level; real recordings are not published here.

# %% tags=["hide-input"]
sound.players(two_clips.sounds(example, seed, results))

# %% [markdown]
# ## The first hundred frames miss most of the speech in RAVDESS

# %% tags=["hide-input", "remove-output"]
book.draw("ft_crop_picture", plots.first_frames(given))

# %% [markdown]
# ```{glue:figure} ft_crop_picture
# ---
# name: fig-first-frames
# alt: >-
#   Two waveforms, neutral and angry. The first hundred frames are shaded: they hold the silence before the sentence and
#   little or none of it.
# ---
# {glue:text}`ft_sentence_of`. The frames that the code of CNN-BiGRU keeps.
# ```
#
# The code of CNN-BiGRU keeps the first {glue:text}`ft_keep` frames of a clip and drops the rest. At the rate of RAVDESS
# that is {glue:text}`ft_crop`, about when its actors begin to speak: in the median clip {glue:text}`ft_lost` of the
# speech comes later, and {glue:text}`ft_lost_tenth` of the clips keep less than a tenth of a second of speech. Frames
# are counted in samples, so the cut falls at another time in every corpus:

# %% tags=["hide-input"]
book.table(thrown)

# %% [markdown]
# *Length of a hundred frames at each corpus's own rate, and share of the speech that comes after them, median of all
# clips; measured as in [The voices](data_exploration.ipynb).* A trace of the rest remains, because the coefficients are
# scaled by their mean and deviation over the whole clip *before* the cut.
#
# ## The CREMA-D study's filterbank is built for another rate

# %% tags=["hide-input", "remove-output"]
book.draw("ft_banks", plots.banks())

# %% [markdown]
# ```{glue:figure} ft_banks
# ---
# name: fig-filterbanks
# alt: >-
#   Two rows of thirty triangles over frequency. As it should be they are narrow and dense below one kilohertz; in the
#   code they are about twice as wide there.
# ---
# The {glue:text}`ft_bands` mel bands of the CREMA-D study's images. The dotted line is where the sound of CREMA-D ends.
# ```
#
# The code reads clips at {glue:text}`ft_image_rate` but does not pass that rate to the filterbank, which is therefore
# built for {glue:text}`ft_filter_rate` and stretched to twice the frequency. {glue:text}`ft_bands_1k_code` bands are
# centred below 1 kHz instead of {glue:text}`ft_bands_1k_right`, and the lowest at {glue:text}`ft_first_code` instead of
# {glue:text}`ft_first_right`. The report's corpus, CREMA-D, is recorded at {glue:text}`ft_cremad_rate`, so the
# {glue:text}`ft_bands_8k_code` bands above 8 kHz ({glue:text}`ft_bands_8k_right` if built correctly) hold almost
# nothing.
#
# The code also converts powers to decibels as if they were amplitudes, so every decibel counts double. librosa cuts off
# what lies 80 dB below a clip's peak; counted double, that is everything more than 40 dB below.
# {glue:text}`ft_floor_code` of the values on RAVDESS lie at this floor, against {glue:text}`ft_floor_right` in the
# images with filterbank, decibels and padding corrected.
#
# ## Modulation features: what was decided
#
# We have not seen the full text of the paper that defines them {cite}`wu2011automatic`. Where it leaves something open,
# or may do so, this package takes:

# %% tags=["hide-input"]
book.table([{"matter": one.matter, "taken": one.taken, "instead": one.alternative, "after": one.source}
            for one in modulation.CHOICES])

# %% [markdown]
# ## Where text and code differ

# %% tags=["hide-input"]
book.table(words.parted())

# %% [markdown]
# Of the CREMA-D study's means over time we have only the report. It tells which descriptors were added, not their
# frames or rate, so its {glue:text}`ft_report_values` values have one reading, which is in part our choice.
#
# ## Nearly every set tells known speakers better than emotions of new ones
#
# How much of a set is emotion, and how much is the speaker's voice? Linear discriminant analysis answers two questions
# before any network sees the set: *which emotion*, of a speaker it has not met, and *which speaker*, from a sentence it
# has not met. The first is the harder question: its speakers are new, while the second has the same people, from the
# same recordings, in training.

# %% tags=["hide-input", "remove-output"]
book.draw("ft_apart", plots.apart(apart))

# %% [markdown]
# ```{glue:figure} ft_apart
# ---
# name: fig-emotion-and-speaker
# alt: >-
#   For each corpus and feature set two marks on a scale from guessing to always right: how well a linear discriminant
#   names the emotion of a new speaker, and the speaker from a new sentence. Nearly everywhere the mark for the speaker
#   lies far to the right of that for the emotion.
# ---
# Unweighted average recall (UAR) of a linear discriminant, scaled so that 0 is guessing and 1 always right:
# (UAR − guess) / (1 − guess), as the questions differ in their number of classes. Values are standardised, the
# covariance is shrunk {cite}`ledoit2004well`. Folds of speakers, for emotions: {glue:text}`ft_emotion_folds`; folds of
# sentences, for speakers: {glue:text}`ft_speaker_folds`. There are no intervals.
# ```
#
# In {glue:text}`ft_ahead` pairs of corpus and set the discriminant recognises the speaker better than the emotion:
# speakers at {glue:text}`ft_speaker_min` to {glue:text}`ft_speaker_max` of the way from guessing to always right,
# emotions at {glue:text}`ft_emotion_min` to {glue:text}`ft_emotion_max`. Speakers are easier to recognise in part
# because recordings of one person share a room and a gain (see [The voices](data_exploration.ipynb)). Recognising the
# speaker does not by itself give the emotion away: in most corpora all speakers have about as many clips of each. But a
# network that knows a voice can hold a clip against what else it has heard of that voice. What that is worth is
# measured in [One model, five tests](dial.ipynb).
#
# Single differences between sets, UAR in points, not scaled, of unrounded values and without an interval. Those of a
# few points mean nothing, least of all in SAVEE with its {glue:text}`ft_savee_speakers` speakers:
#
# - **The cut after a hundred frames costs emotions on RAVDESS.** It changes the recall of emotions there by
#   {glue:text}`ft_ravdess_emotion_cut` points and that of speakers by {glue:text}`ft_ravdess_speaker_cut`. On EMO-DB,
#   where a hundred frames outlast most clips, the changes are {glue:text}`ft_emodb_emotion_cut` and
#   {glue:text}`ft_emodb_speaker_cut`. On SAVEE, which loses most of its speech to the cut, they are
#   {glue:text}`ft_savee_emotion_cut` and {glue:text}`ft_savee_speaker_cut`, but four speakers are too few to tell.
# - **Correcting the mel images helps speakers more than emotions.** It changes the recall of speakers by
#   {glue:text}`ft_ravdess_speaker_mended` points on RAVDESS, {glue:text}`ft_emodb_speaker_mended` on EMO-DB and
#   {glue:text}`ft_savee_speaker_mended` on SAVEE, and that of emotions by {glue:text}`ft_ravdess_emotion_mended`,
#   {glue:text}`ft_emodb_emotion_mended` and {glue:text}`ft_savee_emotion_mended`.
# - **Modulation features, which leave out level and all above 4 kHz, say less about the speaker than MFCCs.** They
#   recognise {glue:text}`ft_modulation_speaker` of
#   speakers on EMO-DB, {glue:text}`ft_modulation_speaker_ravdess` on RAVDESS and
#   {glue:text}`ft_modulation_speaker_savee` on SAVEE; the mean of 50 MFCCs {glue:text}`ft_mfcc_speaker`,
#   {glue:text}`ft_mfcc_speaker_ravdess` and {glue:text}`ft_mfcc_speaker_savee`. Of emotions they recognise
#   {glue:text}`ft_modulation_emotion`, {glue:text}`ft_modulation_emotion_ravdess` and
#   {glue:text}`ft_modulation_emotion_savee`; the MFCCs {glue:text}`ft_mfcc_emotion`,
#   {glue:text}`ft_mfcc_emotion_ravdess` and {glue:text}`ft_mfcc_emotion_savee`.
# - **Emotions form no clusters that silhouettes show, in any set.** A clip lies no nearer to its own emotion than to
#   another (silhouettes of {glue:text}`ft_emotion_silhouette_min` to {glue:text}`ft_emotion_silhouette_max`). Speakers
#   lie slightly apart in SAVEE (silhouettes up to {glue:text}`ft_savee_silhouette`, where 1 is far apart), nowhere else
#   (at most {glue:text}`ft_other_silhouette`).
#
# Sets with a time axis enter as mean and deviation over time; a network that
# sees their order may find more.

# %% tags=["hide-input"]
book.table(facts.rows(apart))
if lacking := facts.lacking(apart):
    book.text(f"Not yet measured: {', '.join(lacking)}.")

# %% [markdown]
# *UAR of the two questions, and silhouettes {cite}`rousseeuw1987silhouettes` of emotions and of speakers: 1 is far
# apart, 0 is mixed, below 0 a clip lies nearer to another group than to its own.*
#
# ## How exact
#
# librosa defines the values. For speed, this package computes them in two ways of its own: clip by clip on a processor,
# or many clips together on torch, for a GPU. All were given the same clips:

# %% tags=["hide-input"]
timings.agreement(results)

# %% [markdown]
# *The greatest difference among the values of a descriptor in a clip, divided by the greatest of these values: a value
# near zero need not agree to as many digits as a large one. Clips of an unusual rate or with two channels are among
# them.* librosa has no modulation features; their reference is a plain version of our own.
#
# ## How fast

# %% tags=["hide-input"]
timings.speeds(results)

# %% [markdown]
# librosa's time is that of the loop that one would write with it. The package shares decoding, spectra and sorting
# between sets, and compiles its loops. Sets that compute little, such as MFCCs and mel bands alone, gain less, because
# most of their time goes into reading and resampling the clip. Values are stored by the hash of a clip's samples, so
# none is computed twice.

# %% tags=["hide-input"]
book.text(facts.stamp(apart, sentence.where, seed))
