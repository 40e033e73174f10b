// Sound as the package takes it: WAV files read sample by sample, other rates reached by soxr's own filter.
"use strict";

window.Sound = (() => {
  const SILENCE = 1e-3, QUIET = 10 ** (-50 / 20), STEP_S = 0.01, SHORTEST_S = 0.05;  // as ser_repro.saved.predict has them

  // {rate, channels: [Float32Array]} of a WAV file; null of what is none, or is packed. An error of what is damaged.
  function parseWav(buffer) {
    const view = new DataView(buffer);
    const word = at => String.fromCharCode(...new Uint8Array(buffer, at, 4));
    if (buffer.byteLength < 44 || word(0) !== "RIFF" || word(8) !== "WAVE") return null;
    let at = 12, format = null;
    while (at + 8 <= buffer.byteLength) {
      const name = word(at), size = view.getUint32(at + 4, true), start = at + 8;
      if (name === "fmt ") {
        let kind = view.getUint16(start, true);
        if (kind === 0xfffe && size >= 26) kind = view.getUint16(start + 24, true);
        format = {kind, count: view.getUint16(start + 2, true), rate: view.getUint32(start + 4, true),
                  bits: view.getUint16(start + 14, true)};
      } else if (name === "data" && format) {
        const there = buffer.byteLength - start, whole = view.getUint32(4, true) === buffer.byteLength - 8;
        // Programs that write to a pipe leave the length open; see ser_repro.datasets.containers.
        if (size > there && size < 0x7ffff000 && !whole)
          throw new Error(`it is truncated: its header promises ${size} bytes of samples and ${there} are there`);
        return samplesOf(view, start, Math.min(size, there), format);
      }
      at = start + size + size % 2;
    }
    return null;
  }

  function samplesOf(view, start, size, {kind, count, rate, bits}) {
    const read = {
      "1/8": at => (view.getUint8(at) - 128) / 128,
      "1/16": at => view.getInt16(at, true) / 32768,
      "1/24": at => (view.getUint8(at) | view.getUint8(at + 1) << 8 | view.getInt8(at + 2) << 16) / 8388608,
      "1/32": at => view.getInt32(at, true) / 2147483648,
      "3/32": at => view.getFloat32(at, true),
      "3/64": at => view.getFloat64(at, true),
    }[`${kind}/${bits}`];
    if (!read || !count) return null;
    const width = bits / 8, frames = Math.floor(size / (width * count));
    const channels = Array.from({length: count}, () => new Float32Array(frames));
    for (let i = 0; i < frames; i++)
      for (let c = 0; c < count; c++) channels[c][i] = read(start + (i * count + c) * width);
    return {rate, channels, exact: true};
  }

  // Whatever else the browser plays, at 48 kHz: by the browser's own resampling.
  async function decode(buffer) {
    const sound = parseWav(buffer) || await browserDecoded(buffer);
    const count = channel => channel.reduce((sum, value) => sum + !Number.isFinite(value), 0);
    const broken = sound.channels.reduce((sum, channel) => sum + count(channel), 0);
    if (broken) throw new Error(`it holds ${broken} values that are not numbers`);
    return sound;
  }

  async function browserDecoded(buffer) {
    const context = new OfflineAudioContext(1, 1, 48000);
    const audio = await context.decodeAudioData(buffer).catch(() => {
      throw new Error("this browser can't decode it: give a WAV, MP3, FLAC or OGG file");
    });
    const channels = Array.from({length: audio.numberOfChannels}, (_, i) => audio.getChannelData(i));
    return {rate: audio.sampleRate, channels, exact: false};
  }

  async function browserResampled(sound, rate) {
    const length = Math.max(1, Math.round(sound.channels[0].length * rate / sound.rate));
    const context = new OfflineAudioContext(sound.channels.length, length, rate);
    const held = context.createBuffer(sound.channels.length, sound.channels[0].length, sound.rate);
    sound.channels.forEach((channel, i) => held.copyToChannel(channel, i));
    const source = context.createBufferSource();
    source.buffer = held;
    source.connect(context.destination);
    source.start();
    const done = await context.startRendering();
    const channels = sound.channels.map((_, i) => done.getChannelData(i));
    return {rate, channels, exact: false};
  }

  // One channel as a network takes it: the first, or the mean of all.
  function oneChannel({channels}, which) {
    if (which === "first" || channels.length === 1) return channels[0];
    const mean = new Float32Array(channels[0].length);
    for (const channel of channels) for (let i = 0; i < mean.length; i++) mean[i] += channel[i] / channels.length;
    return mean;
  }

  function parseFilter(buffer) {
    const [from, to, up, down, reach, width, begun, heard] = new Int32Array(buffer, 0, 8);
    const first = new Int32Array(buffer, 32, up);                  // of each phase, where its weights begin
    const kernel = new Float32Array(buffer, 32 + 4 * up, up * width);
    const begin = new Float32Array(buffer, 32 + 4 * up * (1 + width), begun * heard);
    return {from, to, up, down, reach, width, begun, heard, first, kernel, begin};
  }

  // As soxr gives them, in the quality that the filter is of; see ser_repro.saved.hearing.measured.
  function resample(samples, {from, to, up, down, reach, width, begun, heard, first, kernel, begin}) {
    const length = Math.floor(samples.length / (from / to) + 0.5), out = new Float32Array(length);
    for (let m = 0; m < length; m++) {
      const phase = m % up, base = (m - phase) / up * down - reach + first[phase], row = phase * width;
      let sum = 0;
      for (let j = Math.max(0, -base), last = Math.min(width, samples.length - base); j < last; j++)
        sum += kernel[row + j] * samples[base + j];
      out[m] = sum;
    }
    for (let m = 0; m < Math.min(begun, length); m++) {
      let sum = 0;
      for (let j = 0; j < Math.min(heard, samples.length); j++) sum += begin[m * heard + j] * samples[j];
      out[m] = sum;
    }
    return out;
  }

  // Cut or with zeros behind, to so many samples, rounded up: as librosa ends what soxr gives.
  function lasting(samples, length) {
    const out = new Float32Array(Math.ceil(length));
    out.set(samples.subarray(0, out.length));
    return out;
  }

  const peak = samples => samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

  // Without its constant part, which is no sound.
  function centred(samples) {
    const mean = samples.reduce((sum, value) => sum + value, 0) / samples.length;
    return samples.map(value => value - mean);
  }

  // Peak, and whether it is silent: above the threshold for less time than a recording has to last.
  function level(samples, rate) {
    const step = Math.max(1, Math.round(STEP_S * rate)), peaks = [];
    for (let i = 0; i < samples.length; i += step) peaks.push(peak(samples.subarray(i, i + step)));
    const loud = peaks.filter(one => one >= SILENCE).length;
    return {level: peak(peaks), silent: loud < Math.min(Math.round(SHORTEST_S / STEP_S), peaks.length)};
  }

  // A WAV file of one channel in 16 bits.
  function wavOf(samples, rate) {
    const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
    const text = (at, word) => [...word].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
    text(0, "RIFF"); view.setUint32(4, 36 + 2 * samples.length, true); text(8, "WAVEfmt ");
    view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
    view.setUint32(24, rate, true); view.setUint32(28, 2 * rate, true); view.setUint16(32, 2, true);
    view.setUint16(34, 16, true); text(36, "data"); view.setUint32(40, 2 * samples.length, true);
    samples.forEach((value, i) => view.setInt16(44 + 2 * i, Math.round(value * 32768), true));
    return view.buffer;
  }

  return {SILENCE, QUIET, SHORTEST_S, decode, browserResampled, oneChannel, parseFilter, resample, lasting, peak, centred, level,
          wavOf, parseWav};
})();
