// Time means of descriptors, as ser_repro.features computes them: the 193 values of Issa et al.
//
// Definitions are librosa 0.11's with its defaults; ser_repro/features/fast has the same, with sources. Sums are in
// double precision. Where the package rounds to single precision before it decides (which bin is a peak), so does this.
"use strict";

window.Features = (() => {
  const round = Math.fround, TINY = 1.1754943508222875e-38;
  const LEAST_POWER = 1e-10, RANGE_DB = 80;

  // ---- Fourier transforms

  const plans = {};
  function planOf(n) {
    if (plans[n]) return plans[n];
    const cos = new Float64Array(n / 2), sin = new Float64Array(n / 2), order = new Uint32Array(n);
    for (let i = 0; i < n / 2; i++) { cos[i] = Math.cos(2 * Math.PI * i / n); sin[i] = Math.sin(2 * Math.PI * i / n); }
    for (let i = 1; i < n; i++) order[i] = (order[i >> 1] >> 1) | (i & 1 ? n >> 1 : 0);
    return plans[n] = {cos, sin, order};
  }

  // In place, of n a power of two.
  function transform(re, im) {
    const n = re.length, {cos, sin, order} = planOf(n);
    for (let i = 0; i < n; i++) {
      const j = order[i];
      if (j > i) { [re[i], re[j]] = [re[j], re[i]]; [im[i], im[j]] = [im[j], im[i]]; }
    }
    for (let half = 1, step = n / 2; half < n; half *= 2, step /= 2)
      for (let start = 0; start < n; start += 2 * half)
        for (let i = start, k = 0; k < half; i++, k++) {
          const c = cos[k * step], s = sin[k * step], j = i + half;
          const a = c * re[j] + s * im[j], b = c * im[j] - s * re[j];
          re[j] = re[i] - a; im[j] = im[i] - b;
          re[i] += a; im[i] += b;
        }
  }

  function hann(length) {
    return Float64Array.from({length}, (_, i) => length === 1 ? 1 : 0.5 + 0.5 * Math.cos(-Math.PI + 2 * Math.PI * i / length));
  }

  // Spectrum of each frame around every hop-th sample, zeros beyond the ends: [re, im] in single precision.
  function spectra(samples, window, hop) {
    const n = window.length, found = [];
    for (let at = 0; at <= samples.length; at += hop) {
      const re = new Float64Array(n), im = new Float64Array(n), first = at - n / 2;
      for (let i = Math.max(0, -first), end = Math.min(n, samples.length - first); i < end; i++)
        re[i] = samples[first + i] * window[i];
      transform(re, im);
      found.push([Float32Array.from(re.subarray(0, n / 2 + 1)), Float32Array.from(im.subarray(0, n / 2 + 1))]);
    }
    return found;
  }

  const magnitudes = frames => frames.map(([re, im]) => re.map((value, i) => Math.sqrt(value * value + im[i] * im[i])));

  // ---- steps that several share; what is per frame is a list of arrays

  function toDecibels(frames) {
    let greatest = -Infinity;
    const found = frames.map(frame => Float64Array.from(frame, power => {
      const db = 10 * Math.log10(Math.max(LEAST_POWER, power));
      greatest = Math.max(greatest, db);
      return db;
    }));
    return found.map(frame => frame.map(db => Math.max(db, greatest - RANGE_DB)));
  }

  function means(frames) {
    const sums = new Float64Array(frames[0].length);
    for (const frame of frames) frame.forEach((value, i) => { sums[i] += value; });
    return Array.from(sums, sum => sum / frames.length);
  }

  const byGreatest = frame => {
    const most = frame.reduce((found, value) => Math.max(found, Math.abs(value)), 0);
    return most < TINY ? frame : frame.map(value => value / most);
  };

  // To the nearest whole number, of two as near the even one.
  const even = value => (Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value));

  // ---- mel bands and what comes of them

  const KNEE = 15, STEP = Math.log(6.4) / 27, toMel = hz => (hz < 1000 ? hz * 3 / 200 : KNEE + Math.log(hz / 1000) / STEP);
  const toHz = mel => (mel >= KNEE ? 1000 * Math.exp(STEP * (mel - KNEE)) : mel * 200 / 3);

  function melBank(rate, nFft, count) {
    const top = toMel(rate / 2), edges = Array.from({length: count + 2}, (_, i) => toHz(top * i / (count + 1)));
    return Array.from({length: count}, (_, band) => {
      const [low, middle, high] = edges.slice(band, band + 3), weights = [];
      for (let bin = 0; bin <= nFft / 2; bin++) {
        const hz = bin * rate / nFft, weight = Math.max(0, Math.min((hz - low) / (middle - low), (high - hz) / (high - middle)));
        if (weight > 0) weights.push([bin, round(round(weight) * 2 / (high - low))]);
      }
      return weights;
    });
  }

  function cosines(levels, count) {
    const bands = levels[0].length;
    const waves = Array.from({length: count}, (_, k) => Float64Array.from({length: bands}, (_, i) =>
      Math.cos(Math.PI * k * (i + 0.5) / bands) * Math.sqrt((k ? 2 : 1) / bands)));
    return levels.map(frame => Float64Array.from(waves, wave => wave.reduce((sum, value, i) => sum + value * frame[i], 0)));
  }

  // ---- tuning: deviation from A = 440 Hz, in bins, in hundredths

  function tuning(frames, rate, nFft, binsPerOctave) {
    const bins = nFft / 2 + 1, from = hz => Math.ceil(hz * nFft / rate);
    const low = Math.max(1, from(150)), high = Math.min(bins - 1, from(Math.min(4000, rate / 2)));
    const pitches = [], sizes = [];
    for (const frame of frames) {
      const floor = round(round(0.1) * frame.reduce((most, value) => Math.max(most, value), 0));
      for (let bin = low; bin < high; bin++) {
        const here = frame[bin], before = frame[bin - 1], after = frame[bin + 1];
        if (!(here > floor && (here > before || before <= floor) && (here >= after || after <= floor))) continue;
        const bend = round(after + before) - 2 * here, slope = round(after - before);
        const shift = Math.abs(slope / 2) >= Math.abs(bend) ? 0 : round(-(slope / 2) / bend);
        pitches.push(round((bin + shift) * rate / nFft));
        sizes.push(round(here + round(round(0.5 * round(slope / 2)) * shift)));
      }
    }
    if (!sizes.length) return 0;
    const ranked = Float32Array.from(sizes).sort(), half = ranked.length >> 1;
    const median = ranked.length % 2 ? ranked[half] : round((ranked[half - 1] + ranked[half]) / 2);
    const counts = new Uint32Array(100);
    pitches.forEach((pitch, i) => {
      if (!(sizes[i] >= median) || !(pitch > 0)) return;
      let off = round(binsPerOctave * round(Math.log2(round(pitch / 27.5))));
      off -= Math.floor(off);
      if (off >= 0.5) off -= 1;
      let bin = Math.floor((off + 0.5) / 0.01);
      while (bin > 0 && off < -0.5 + bin * 0.01) bin--;
      while (bin < 99 && off >= -0.5 + (bin + 1) * 0.01) bin++;
      counts[Math.min(bin, 99)]++;
    });
    return -0.5 + counts.indexOf(Math.max(...counts)) * 0.01;
  }

  // ---- pitch classes

  function chromaBank(rate, nFft, tuned) {
    const reference = 440 * 2 ** (tuned / 12) / 16;
    const semitones = Float64Array.from({length: nFft}, (_, i) => 12 * Math.log2(Math.max(i, 1) * rate / nFft / reference));
    semitones[0] -= 18;
    const bank = Array.from({length: 12}, () => new Float32Array(nFft / 2 + 1));
    for (let bin = 0; bin <= nFft / 2; bin++) {
      const width = Math.max(semitones[bin + 1] - semitones[bin], 1), bumps = [];
      for (let pitch = 0; pitch < 12; pitch++) {
        const apart = (((semitones[bin] - pitch + 126) % 12) + 12) % 12 - 6;
        bumps.push(Math.exp(-0.5 * (2 * apart / width) ** 2));
      }
      const size = Math.sqrt(bumps.reduce((sum, value) => sum + value * value, 0));
      const weight = Math.exp(-0.5 * ((semitones[bin] / 12 - 5) / 2) ** 2) / size;
      bumps.forEach((value, pitch) => { bank[(pitch + 9) % 12][bin] = value * weight; });
    }
    return bank;
  }

  function chroma(powers, rate, nFft) {
    const bank = chromaBank(rate, nFft, tuning(powers, rate, nFft, 12));
    return powers.map(frame => byGreatest(Float64Array.from(bank, weights => {
      let sum = 0;
      for (let i = 0; i < frame.length; i++) sum += weights[i] * frame[i];
      return sum;
    })));
  }

  // ---- tonal centroids, by way of a constant-Q transform: octave by octave from the top, the rate halved for each

  const BINS = 36, OCTAVES = 7, C1_HZ = 440 * 2 ** ((24 - 69) / 12), HANN_BINS = 1.50018310546875, HOP = 512, N_FFT = 2048;

  function wavelets(hz, rate, lengths) {
    const nFft = 2 ** Math.ceil(Math.log2(Math.max(...lengths)));
    return {nFft, rows: hz.map((frequency, row) => {
      const re = new Float64Array(nFft), im = new Float64Array(nFft);
      const begin = Math.floor(-lengths[row] / 2), count = Math.floor(lengths[row] / 2) - begin;
      const first = (nFft - count) >> 1, window = hann(count);
      const norm = lengths[row] / nFft / window.reduce((sum, value) => sum + value, 0);
      for (let i = 0; i < count; i++) {
        const angle = (begin + i) * 2 * Math.PI * frequency / rate;
        re[first + i] = Math.cos(angle) * window[i] * norm;
        im[first + i] = Math.sin(angle) * window[i] * norm;
      }
      transform(re, im);
      // The least values, that sum to 1 %, are left out.
      const size = Float64Array.from({length: nFft / 2 + 1}, (_, i) => Math.hypot(re[i], im[i]));
      const ranked = size.slice().sort(), whole = size.reduce((sum, value) => sum + value, 0);
      let least = 0;
      for (let sum = ranked[0]; sum / whole < 0.01; sum += ranked[++least]);
      return Array.from(size, (value, i) => i).filter(i => size[i] >= ranked[least]).map(i => [i, round(re[i]), round(im[i])]);
    })};
  }

  // Magnitude of the transform, a frame's 252 bins in order.
  function constantQ(samples, rate, tuned, halved) {
    const hz = Array.from({length: BINS * OCTAVES}, (_, i) => C1_HZ * 2 ** ((i + tuned) / BINS));
    const narrow = (2 ** (2 / BINS) - 1) / (2 ** (2 / BINS) + 1);               // 1 / Q
    const cutoff = hz.at(-1) * (1 + 0.5 * HANN_BINS * narrow);
    let hop = HOP, times = Math.min(Math.max(0, Math.ceil(Math.log2(rate / 2 / cutoff)) - 2), Math.log2(HOP) - OCTAVES + 1);
    for (; times > 0; times--, hop /= 2, rate /= 2) samples = halved(samples);
    const whole = hz.map(frequency => rate / frequency / narrow);               // lengths at the first rate
    const octaves = [], banks = {};
    for (let octave = 0; octave < OCTAVES; octave++) {
      const first = BINS * (OCTAVES - 1 - octave), own = hz.slice(first, first + BINS);
      // Alike in all octaves, but where rounding makes one a sample longer.
      const lengths = own.map(frequency => rate / frequency / narrow);
      const edges = lengths.map(length => [Math.floor(-length / 2), Math.floor(length / 2)]).join();
      const {nFft, rows} = banks[edges] ||= wavelets(own, rate, lengths);
      const gain = 2 ** (octave / 2);
      octaves.unshift(spectra(samples, new Float64Array(nFft).fill(1), hop).map(([re, im]) => rows.map((row, i) => {
        let real = 0, imaginary = 0;
        for (const [bin, a, b] of row) { real += a * re[bin] - b * im[bin]; imaginary += a * im[bin] + b * re[bin]; }
        return Math.hypot(real, imaginary) * gain / Math.sqrt(whole[first + i]);
      })));
      if (octave < OCTAVES - 1) { samples = halved(samples); hop /= 2; rate /= 2; }
    }
    const count = Math.min(...octaves.map(frames => frames.length));
    return Array.from({length: count}, (_, t) => octaves.flatMap(frames => frames[t]));
  }

  function tonnetz(samples, rate, sizes, halved) {
    const radius = [1, 1, 1, 1, 0.5, 0.5], turns = [7 / 6, 7 / 6, 3 / 2, 3 / 2, 2 / 3, 2 / 3];
    return constantQ(samples, rate, tuning(sizes, rate, N_FFT, BINS), halved).map(frame => {
      let classes = new Float64Array(12);
      frame.forEach((value, bin) => { classes[Math.floor(((bin % BINS + 1) % BINS) / 3)] += value; });
      classes = byGreatest(classes);
      const sum = classes.reduce((total, value) => total + value, 0) || 1;
      return radius.map((size, axis) => size * classes.reduce((total, value, pitch) =>
        total + Math.cos(Math.PI * (turns[axis] * pitch - (axis % 2 ? 0 : 0.5))) * value / sum, 0));
    });
  }

  // ---- peaks over valleys

  function contrast(sizes, rate, nFft) {
    const peaks = sizes.map(() => []), valleys = sizes.map(() => []), bins = nFft / 2 + 1;
    for (let band = 0; band < 7; band++) {
      const low = band ? 200 * 2 ** (band - 1) : 0, high = 200 * 2 ** band, hz = bin => bin * rate / nFft;
      let first = 0, last = bins - 1;
      while (hz(first) < low) first++;
      while (hz(last) > high) last--;
      if (band) first--;
      const end = band < 6 ? last + 1 : bins, few = Math.max(1, even(0.02 * (end - first)));
      sizes.forEach((frame, t) => {
        const ranked = frame.slice(first, band < 6 ? end - 1 : end).sort();
        const mean = part => part.reduce((sum, value) => sum + value, 0) / part.length;
        valleys[t].push(mean(ranked.slice(0, few)));
        peaks[t].push(mean(ranked.slice(-few)));
      });
    }
    const low = toDecibels(valleys);
    return toDecibels(peaks).map((frame, t) => frame.map((value, band) => value - low[t][band]));
  }

  // ---- a set

  // Samples with the noise of ser_repro.features.noise, of that amplitude.
  function noisy(samples, level) {
    let state = 0;
    return samples.map(value => {
      state = (Math.imul(1664525, state) + 1013904223) >>> 0;
      return value + level * (state / 2147483648 - 1);
    });
  }

  /* Values of a clip in the order of a set.

     samples: of one channel at the set's rate; definition: {sample_rate, n_fft, hop, noise, parts: [[name, count],
     ...]}, as ser_repro.features.sets has it; halved: see below. */
  function values(samples, {sample_rate: rate, n_fft: nFft, hop, noise, parts}, halved) {
    if (noise) samples = noisy(samples, noise);
    const frames = spectra(samples, hann(nFft), hop), sizes = magnitudes(frames);
    const powers = sizes.map(frame => frame.map(value => value * value));
    const mel = count => {
      const bank = melBank(rate, nFft, count);
      return powers.map(frame => Float64Array.from(bank, weights => weights.reduce((sum, [bin, weight]) => sum + weight * frame[bin], 0)));
    };
    const plain = () => (nFft === N_FFT && hop === HOP ? sizes : magnitudes(spectra(samples, hann(N_FFT), HOP)));
    const known = {
      mel, mfcc: count => cosines(toDecibels(mel(128)), count),
      chroma: () => chroma(powers, rate, nFft), contrast: () => contrast(sizes, rate, nFft),
      tonnetz: () => tonnetz(samples, rate, plain(), halved),
    };
    return Float32Array.from(parts.flatMap(([name, count]) => means(known[name](count))));
  }

  // Samples -> as many at half the rate, of the same power, by a filter that Sound has parsed.
  const halving = filter => samples =>
    Sound.lasting(Sound.resample(samples, filter), samples.length / 2).map(value => value * Math.SQRT2);

  return {values, halving};
})();
