/** A line of a chart: what it is called, how long its bar is, what stands behind it, and its colour's class. */
export interface Line { label: string, value: number, said: string, colour: string }

export interface Bar extends Line { y: number, width: number }
export interface Chart { width: number, height: number, left: number, bars: Bar[] }

const WIDTH = 640
const LEFT = 210 // room for 20 letters, which a phone shows larger
const RIGHT = 90
const STEP = 30

/** Where each bar of a chart stands; the longest takes the whole width. */
export function drawBars (lines: readonly Line[]): Chart {
  const most = Math.max(1, ...lines.map(({ value }) => value))
  return { width: WIDTH, height: lines.length * STEP, left: LEFT, bars: lines.map((line, n) => ({ ...line, y: n * STEP, width: Math.round((WIDTH - LEFT - RIGHT) * line.value / most) })) }
}
