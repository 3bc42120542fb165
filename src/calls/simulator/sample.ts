/** Where the simulator says that a recording is: nowhere (RFC 2606), what is heard is made here. */
export const SIMULATED = 'https://simulator.invalid/'

const RATE = 8000
const SECONDS = 2

let sample: Buffer | undefined

/** Two tones in turns, as a WAV of 8 kHz and 8 bits (RIFF, WAVE_FORMAT_PCM). */
export function sampleRecording (): Buffer {
  if (sample) return sample
  const length = RATE * SECONDS
  const wav = Buffer.alloc(44 + length)
  wav.write('RIFF', 0)
  wav.writeUInt32LE(36 + length, 4)
  wav.write('WAVEfmt ', 8)
  wav.writeUInt32LE(16, 16)
  wav.writeUInt16LE(1, 20)
  wav.writeUInt16LE(1, 22)
  wav.writeUInt32LE(RATE, 24)
  wav.writeUInt32LE(RATE, 28)
  wav.writeUInt16LE(1, 32)
  wav.writeUInt16LE(8, 34)
  wav.write('data', 36)
  wav.writeUInt32LE(length, 40)
  for (let n = 0; n < length; n++) wav[44 + n] = 128 + Math.round(40 * Math.sin(2 * Math.PI * (Math.floor(n / 2000) % 2 ? 660 : 880) * n / RATE))
  return sample = wav
}
