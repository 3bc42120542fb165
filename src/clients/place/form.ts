import { z } from 'zod'
import { issue, readForm, text } from '../../web/form.js'

// "51.1079, 17.0385", as maps give it to the clipboard.
const PAIR = /^(-?\d+\.\d+)°?\s*[,;\s]\s*(-?\d+\.\d+)°?$/

const degrees = (most: number) => text(60).transform((value, context): number => {
  const plain = value.replace(/°$/, '').replace(',', '.').trim()
  const number = /^[+-]?\d+(\.\d+)?$/.test(plain) ? Number(plain) : NaN
  if (value === '') context.addIssue(issue('form.required'))
  else if (Number.isNaN(number)) context.addIssue(issue('place.no_degrees'))
  else if (Math.abs(number) > most) context.addIssue(issue('place.out_of_range', { most }))
  return Math.round(number * 1e6) / 1e6
})

const point = z.object({ latitude: degrees(90), longitude: degrees(180), was: z.string().max(64).default('').catch('') })

export type PlaceValues = z.output<typeof point>

/** Reads a pin's coordinates; both may stand in the first field, as one copies them from a map. */
export function readPlaceForm (body: unknown) {
  const typed = (body ?? {}) as Record<string, unknown>
  const pair = typed.longitude === '' ? PAIR.exec(String(typed.latitude ?? '').trim()) : null
  return readForm(point, pair ? { ...typed, latitude: pair[1], longitude: pair[2] } : typed)
}
