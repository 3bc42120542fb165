/** In what a time limit is said, and how many minutes each is. */
export const UNITS = { minutes: 1, hours: 60, days: 1440 } as const
export type Unit = keyof typeof UNITS
export const UNIT_NAMES = Object.keys(UNITS) as Unit[]

/** A limit as it is said: 90 is "90 minutes", 120 "2 hours". Working time is never said in days: no two have to be equally long. */
export function limitOf (minutes: number, clock: 'always' | 'working'): { count: number, unit: Unit } {
  const unit = minutes % UNITS.days === 0 && clock === 'always' ? 'days' : minutes % UNITS.hours === 0 ? 'hours' : 'minutes'
  return { count: minutes / UNITS[unit], unit }
}
