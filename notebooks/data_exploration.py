# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The voices: what the corpora hold
#
# Every number in this study rests on few people: {glue:text}`de_cremad_speakers` in CREMA-D,
# {glue:text}`de_savee_speakers` in SAVEE, {glue:text}`de_tess_speakers` in TESS. They are actors. Most were asked for
# an emotion by name, and in most corpora each repeats the same few sentences. Under a random split, training has
# therefore met the speaker, the sentence and the emotion of a test clip, in RAVDESS and EMO-DB often all three in one
# other clip. How clips were recorded, cut and levelled
# is part of what a model learns.

# %% tags=["parameters", "hide-input"]
corpora: list = ["RAVDESS", "TESS", "EMO-DB", "CREMA-D", "EMOVO", "SAVEE"]  # corpora pictured
example: str = "RAVDESS"  # corpus whose sentence is shown in every emotion
data: str = ""  # folder of the corpora; "": SER_REPRO_DATA
results: str = "results"  # folder of the stored measures
recompute: bool = False  # measure the corpora on this machine anew and store that; else take the stored measures
seed: int = 0  # which speaker and sentence are the example

# %% tags=["hide-input"]
from ser_repro import book, datasets
from ser_repro.book import exploration, given_away, listening, one_sentence, palette, voice_plots, voices

book.check(globals(), corpora=datasets.CORPORA, data=None, results=None, recompute=(True, False), seed=None,
           example=[name for name, corpus in datasets.CORPORA.items() if corpus.index.is_file()])
palette.use_theme()
heard = voices.gather(corpora, results=results, data=data or None, recompute=recompute)

# %% tags=["hide-cell"]
for key, value in voices.facts(heard).items():
    book.say(key, value)

# %% [markdown]
# ## Eight corpora at a glance

# %% tags=["hide-input"]
book.table(voices.at_a_glance(heard))

# %% [markdown]
# RAVDESS {cite}`livingstone2018ravdess`, TESS {cite}`pichorafuller2020tess`, EMO-DB {cite}`burkhardt2005emodb`,
# CREMA-D {cite}`cao2014cremad`, EMOVO {cite}`costantini2014emovo` and SAVEE {cite}`haq2009savee` are measured here,
# clip by clip. Corpora with a dagger (†) are not measured, and the page gives what their publishers say: the
# server of ShEMO's publisher {cite}`nezami2019shemo` could not be reached from where the study was made, and IEMOCAP
# {cite}`busso2008iemocap` needs a signed licence. Sentences are counted as the corpus numbers them. SAVEE starts its
# numbers again for every emotion; the plays of ShEMO and the dialogues of IEMOCAP do not repeat sentences.
#
# ## No two documents use the same set of corpora

# %% tags=["hide-input", "remove-output"]
book.draw("de_uses", voice_plots.uses())

# %% [markdown]
# ```{glue:figure} de_uses
# ---
# name: fig-who-used-what
# alt: >-
#   A matrix of corpora and documents. A disc for every corpus that a document used, its area the number of clips. Only
#   RAVDESS is used by most documents; no two columns are alike.
# ---
# Which document used what. Areas are clips: blue those used, grey the rest of the corpus. A dashed ring is a corpus
# that the document names without saying how many clips it used, or that its public code fails to read.
# ```
#
# The {glue:text}`de_documents` documents name a corpus {glue:text}`de_pairs` times, and {glue:text}`de_pairs_open`
# times they do not say how many of its clips they used. Only {glue:text}`de_most_named` is shared by as many as
# {glue:text}`de_most_named_by` of them, so scores can hardly be compared across documents. Those with
# a remark or an unknown number of clips:

# %% tags=["hide-input"]
book.table(voices.remarks())

# %% [markdown]
# ## Classes are uneven, so accuracy alone says little

# %% tags=["hide-input", "remove-output"]
book.draw("de_classes", voice_plots.classes(heard))

# %% [markdown]
# ```{glue:figure} de_classes
# ---
# name: fig-classes
# alt: >-
#   A bar for each corpus, cut by the share of each emotion. CREMA-D, TESS, EMOVO and RAVDESS are nearly even; in ShEMO
#   anger and neutral take most, and a large part of IEMOCAP has no emotion of the study.
# ---
# Classes of each corpus. The number at the right is the accuracy of always naming the largest class, among clips with
# an emotion of the study.
# ```

# %% tags=["hide-input"]
book.table(voices.classes(heard))

# %% [markdown]
# Always naming one emotion is right {glue:text}`de_tess_largest` of the time on TESS and {glue:text}`de_shemo_largest`
# on ShEMO, which has only {glue:text}`de_shemo_fear` clips of fear. We therefore give unweighted average recall (UAR)
# beside accuracy. Neutral is rarer than other emotions in RAVDESS and CREMA-D, because it has no strong version, and
# twice as frequent in SAVEE. EMO-DB is uneven because it publishes only clips that listeners recognised. In IEMOCAP
# {glue:text}`de_iemocap_none` of the turns have no label that this study uses: listeners did not agree on
# {glue:text}`de_iemocap_unagreed`, and {glue:text}`de_iemocap_frustration` are frustration. The documents use four of
# its classes; the one that counts its clips has {glue:text}`de_iemocap_studied`.
#
# ## Few speakers, most of them young

# %% tags=["hide-input", "remove-output"]
book.draw("de_who", voice_plots.people(heard))

# %% [markdown]
# ```{glue:figure} de_who
# ---
# name: fig-who-says-what
# alt: >-
#   Eight bar charts with a column for every speaker, coloured by emotion. CREMA-D, RAVDESS, EMOVO, SAVEE and TESS are
#   level; EMO-DB is patchy; ShEMO falls from many clips a speaker to a handful.
# ---
# Clips of each speaker by emotion, women first (grey where only the sum is published). Each corpus has its own scale;
# the number at the left is its tallest column.
# ```
#
# CREMA-D has many speakers, TESS two: an older and a younger woman, who both say the same
# {glue:text}`de_tess_sentences` words after "Say the word". ShEMO has nearly as many speakers as CREMA-D, but one gives
# {glue:text}`de_shemo_most_clips` clips and another {glue:text}`de_shemo_fewest_clips`. In EMO-DB speaker
# {glue:text}`de_emodb_holes`, and {glue:text}`de_emodb_thin` pairs of speaker and emotion have fewer than three clips,
# so every fold of new speakers tests a different mix of emotions.

# %% tags=["hide-input", "remove-output"]
book.draw("de_ages", voice_plots.ages())

# %% [markdown]
# ```{glue:figure} de_ages
# ---
# name: fig-ages
# alt: >-
#   A mark for every speaker over age. CREMA-D is dense in the twenties and thins out towards seventy-four; the other
#   corpora lie between twenty-one and thirty-five, but for the older woman of TESS.
# ---
# Age of each speaker, in the corpora that publish it.
# ```
#
# Only CREMA-D spans {glue:text}`de_youngest` to {glue:text}`de_oldest` years, and {glue:text}`de_under_40` of its
# actors are under 40. The others have no or hardly any older speakers.
#
# ## Much of RAVDESS, SAVEE and EMOVO is silence

# %% tags=["hide-input", "remove-output"]
book.draw("de_moments", voice_plots.moments(heard))

# %% [markdown]
# ```{glue:figure} de_moments
# ---
# name: fig-what-a-moment-holds
# alt: >-
#   For each corpus the share of clips that are speaking, silent or over at each moment. RAVDESS clips are silent for
#   the first second, SAVEE clips for half a second; TESS, EMO-DB and CREMA-D clips seem to speak from the start.
# ---
# Share of clips that are speaking, silent or over, at each moment after they began. A model that is given the first
# second of RAVDESS is mostly given silence. In CREMA-D and TESS clips are cut close, or background noise hides what
# silence there is.
# ```

# %% tags=["hide-input"]
book.table(voices.lengths(heard))

# %% [markdown]
# *Length: shortest, median and longest clip. Then medians, in s: speech, and the silence before and after it. Last, the
# share of all audio that is silence at the edges, and the share of clips with less than 0.05 s of it.*
#
# Silence at the edges of clips makes up {glue:text}`de_ravdess_silent` of all RAVDESS audio,
# {glue:text}`de_savee_silent` of SAVEE and {glue:text}`de_emovo_silent` of EMOVO. In
# {glue:text}`de_ravdess_first_second` of RAVDESS clips the first second holds less than a tenth of a second of speech.
# So a method that crops has to say where. A method that averages over all frames of RAVDESS averages about as much
# silence as speech, padding not counted. A method that trims silence works on other data than one that does not.
#
# Silence here is what lies {glue:text}`de_silence_db` or more below the loudest hundredth of a second of the same clip;
# a louder breath or click ends it. By that measure {glue:text}`de_cremad_masked` of CREMA-D clips and
# {glue:text}`de_tess_masked` of TESS clips have none: they are cut close, or their background is too loud to
# show it.
#
# ## Recording conditions give away corpus, speaker and emotion

# %% tags=["hide-input", "remove-output"]
book.draw("de_rooms", voice_plots.rooms(heard))

# %% [markdown]
# ```{glue:figure} de_rooms
# ---
# name: fig-room-and-voice
# alt: >-
#   For each corpus how loud the background and the voice are. The background of RAVDESS lies below what 16 bits can
#   hold, that of CREMA-D is a narrow spike, and the voices of EMO-DB are all equally loud. One speaker of SAVEE is far
#   softer than the others.
# ---
# Level of the background of every clip (its quietest twentieth) and of its voice, each drawn to its own height. Every
# mark is a speaker: the median level of the neutral clips.
# ```
#
# - **RAVDESS was probably cleaned.** At their quietest {glue:text}`de_ravdess_gated` of its clips lie below the
#   smallest step of 16 bits, and no room is that quiet.
# - **CREMA-D sounds like one room.** Nine tenths of its clips have a background between
#   {glue:text}`de_cremad_floor_low` and {glue:text}`de_cremad_floor_high`, close enough to the softer voices to hide
#   where they begin.
# - **EMO-DB was scaled.** {glue:text}`de_emodb_scaled` clips reach full scale, to a tenth of a decibel. How loud an
#   emotion was spoken is lost.
# - **Level differs between speakers.** From the softest to the loudest, the level of neutral speech spans
#   {glue:text}`de_savee_speaker_span` among the men of SAVEE, {glue:text}`de_emovo_speaker_span` in EMOVO and
#   {glue:text}`de_ravdess_speaker_span` in RAVDESS. {glue:text}`de_savee_quiet` of SAVEE is
#   {glue:text}`de_savee_quiet_gap` softer than the next speaker.
# - **Clipping goes with emotion.** {glue:text}`de_savee_clipped` of SAVEE clips have {glue:text}`de_clipped_from` or
#   more samples at full scale: {glue:text}`de_savee_clipped_anger` of anger, {glue:text}`de_savee_clipped_neutral` of
#   neutral, and no clip of the soft {glue:text}`de_savee_quiet`. In CREMA-D it is {glue:text}`de_cremad_clipped_anger`
#   of anger and {glue:text}`de_cremad_clipped_neutral` of neutral. A model may use the distortion, not the voice.
#
# ## In pitch, an angry man may be a calm woman

# %% tags=["hide-input", "remove-output"]
book.draw("de_pitch", voice_plots.pitch(heard))

# %% [markdown]
# ```{glue:figure} de_pitch
# ---
# name: fig-pitch
# alt: >-
#   For each corpus pitch by emotion, a line for women and a line for men. The lines bend alike: low for sadness, calm,
#   boredom and neutral, high for anger, happiness and fear; women lie above men by about as much as anger does above
#   neutral.
# ---
# Pitch by emotion and sex. Lines join the medians of all clips, faint marks are single speakers. Emotions are sorted by
# pitch over all corpora.
# ```
#
# In RAVDESS the median angry man speaks at {glue:text}`de_angry_man`, the median calm woman at
# {glue:text}`de_calm_woman`. The next picture therefore compares each clip with the median of the *same speaker's*
# neutral clips.

# %% tags=["hide-input", "remove-output"]
book.draw("de_emotions", voice_plots.emotions(heard))

# %% [markdown]
# ```{glue:figure} de_emotions
# ---
# name: fig-pitch-and-level
# alt: >-
#   Two charts of emotions, a line a corpus. In pitch the lines agree: anger, fear and happiness are several semitones
#   above neutral everywhere. In level they fan out: anger is far louder in RAVDESS and CREMA-D, and no louder in
#   EMO-DB.
# ---
# Medians of all clips, each against the speaker's own neutral. The corpora agree in pitch and disagree in level.
# ```
#
# - **Pitch separates excited from calm, not one excited emotion from another.** Anger, fear and happiness raise pitch
#   in all six corpora: in CREMA-D by {glue:text}`de_cremad_anger_pitch`, {glue:text}`de_cremad_fear_pitch` and
#   {glue:text}`de_cremad_happiness_pitch` semitones, in EMO-DB by {glue:text}`de_emodb_anger_pitch`,
#   {glue:text}`de_emodb_fear_pitch` and {glue:text}`de_emodb_happiness_pitch`. Neutral, calm, sadness and boredom stay
#   close together, except in SAVEE, whose men are sad at {glue:text}`de_savee_sadness_pitch` semitones.
# - **How far emotions differ in level depends on the corpus.** From the quietest to the loudest emotion RAVDESS spans
#   {glue:text}`de_ravdess_gain_span`, CREMA-D {glue:text}`de_cremad_gain_span`, SAVEE {glue:text}`de_savee_gain_span`,
#   TESS {glue:text}`de_tess_gain_span`, EMOVO {glue:text}`de_emovo_gain_span` and the scaled EMO-DB
#   {glue:text}`de_emodb_gain_span`. EMO-DB's levels were made equal, so loudness learned on RAVDESS can hardly be used
#   there (not tested).
# - **Two speakers are too few to tell emotion from habit.** Within a neutral clip the pitch of the two TESS women moves
#   by {glue:text}`de_tess_OAF_neutral` and {glue:text}`de_tess_YAF_neutral` semitones (interquartile range), within
#   surprise by {glue:text}`de_tess_OAF_surprise` and {glue:text}`de_tess_YAF_surprise`. Nobody can say how much of this
#   is surprise, how much is one woman's way to act it, and how much is the pitch tracker, which may be off by an
#   octave.
#
# Pitch is measured by YIN {cite}`decheveigne2002yin` every 20 ms, and kept where a frame repeats itself after one
# period. All is measured on the first channel. Creaky voices and noise defeat
# any pitch tracker: {glue:text}`de_cremad_pitchless` of CREMA-D clips have too few voiced frames to give a pitch, and
# {glue:text}`de_cremad_sad_men` of those of its sad men. A single clip may be an octave off, so use these measures for
# medians only, and with care where many clips have none.
#
# ## One sentence in every emotion

# %% tags=["hide-input"]
sentence = one_sentence.find(example, seed, data=data or None, sample_rate=exploration.SAMPLE_RATE, duration_s=1.4)
one_sentence.announce(sentence)

# %% tags=["hide-input", "remove-output"]
book.draw("de_sentence", one_sentence.picture(sentence))
book.say("de_sentence_of", sentence.told)

# %% [markdown]
# ```{glue:figure} de_sentence
# ---
# name: fig-one-sentence
# alt: >-
#   One small waveform with the spectrogram under it for each emotion, all of the same speaker and sentence, on one
#   scale of time and amplitude.
# ---
# {glue:text}`de_sentence_of`, in every emotion, cut to the speech. All waveforms have the same scale; spectrograms
# show 65 dB below the loudest point of each.
# ```

# %% tags=["hide-input"]
one_sentence.players(sentence)

# %% [markdown]
# ## Published corpora hold duplicates, wrong labels and odd files
#
# `ser-repro corpora check` compares a copy of a corpus with the published one, sample by sample. These oddities are in
# the copies that we measured, which are the published ones or mirrors of them:

# %% tags=["hide-input"]
book.table(voices.odd(heard))

# %% tags=["hide-input"]
listening.quirks(data or None)

# %% [markdown]
# Each of these does harm:
#
# - Two names for the same samples can put one recording on both sides of a split. Where the two names have different
#   emotions, one label is wrong and no model can be right on both.
# - A clip of zeros causes a division by zero where clips are scaled to their level.
# - Stereo files crash a reader that expects one channel, or come out twice as long. The two channels of EMOVO correlate
#   by only {glue:text}`de_emovo_correlation` in the median, so their mean, which many readers take, differs from both.
# - Code that does not resample plays the one TESS file at another rate at a quarter of its pitch.
# - AIFF inside a `.wav` (as in the copy measured here) stops readers that trust the ending.
# - One TESS file is published under a name that lacks a letter (`OA_bite_neutral`). A loader that takes speakers from
#   file names finds three.
#
# What else to know of each corpus before trusting its files:

# %% tags=["hide-input"]
book.text("".join(f"<details><summary>{corpus.name}</summary><p>{corpus.title}. {corpus.quirks}</p></details>"
                  for corpus in map(datasets.get, voices.every())))

# %% [markdown]
# ## A random split tests on what training has heard
#
# The public code of the documents splits clips at random. Below, RAVDESS under one such split, 80/10/10 as
# CNN-n-GRU's public code makes it, and under a split that keeps speakers apart. A *twin* of a clip is another take of
# the same speaker, sentence, emotion and intensity.

# %% tags=["hide-input", "remove-output"]
given = given_away.measure()
for key, value in given_away.facts(given).items():
    book.say(key, value)
book.draw("de_mosaic", given_away.mosaic(given, "RAVDESS"))

# %% [markdown]
# ```{glue:figure} de_mosaic
# ---
# name: fig-random-split
# alt: >-
#   Two grids of RAVDESS clips, speakers down, clips by emotion across. In the random split the tested clips are
#   scattered over all speakers, and most have a twin in training. In the other, four whole rows are tested, and no clip
#   has one.
# ---
# RAVDESS, a cell a clip. Under the random split {glue:text}`de_ravdess_twins` of the test clips have a twin in
# training.
# ```

# %% tags=["hide-input"]
book.table(given_away.rows(given))

# %% [markdown]
# *The random split: share of the test clips with a training clip of the same speaker, of the same sentence, and so on.
# SAVEE numbers its sentences by emotion, so by number no sentence occurs in two emotions.*
#
# Under the random split training has heard every test speaker, nearly always in the very emotion that is tested. In
# TESS each woman says each word once in each emotion, so {glue:text}`de_tess_twins` of the test clips have a twin. Yet
# {glue:text}`de_tess_voice_emotion` of them share speaker and emotion with training clips, in the median with
# {glue:text}`de_tess_same`. A model that has learnt how these two women act needs nothing else.
#
# The split by speakers brings the share of test clips with a known speaker to {glue:text}`de_new_voice` in all six
# corpora. It does not separate sentences: training has heard {glue:text}`de_new_words` of the test sentences.
#
# The chapters that follow therefore measure documents' numbers twice, with shared and with new speakers.
# [Every run](runs.ipynb) says which of these runs are done, and [Every claim](claims.ipynb) what became of each number.
#
# ## Where to get the corpora, and on what terms

# %% tags=["hide-input"]
book.table(voices.sources())
if heard.unstored:
    book.text(f"{', '.join(heard.unstored)}: no index says what the published samples are, so these measures are shown "
              "but not stored.")
book.text(voices.stamp(heard, given.splits, seed))
