const clocks = new Map<string, (instant: Date) => string>()

// Since then every clock in the world has been whole minutes away from UTC.
const WHOLE_MINUTES = Date.UTC(1972, 1, 1)
const MOST_SAID = 2000

/** The same words for every instant of a minute, asked of Intl once: it takes as long as all else in a cell of a table. */
export function byMinute (say: (instant: Date) => string): (instant: Date) => string {
  const said = new Map<number, string>()
  return instant => {
    const minute = Math.floor(instant.getTime() / 60_000)
    if (!(instant.getTime() > WHOLE_MINUTES)) return say(instant)
    let words = said.get(minute)
    if (words === undefined) {
      if (said.size >= MOST_SAID) said.clear()
      said.set(minute, words = say(instant))
    }
    return words
  }
}

/** What a clock in the zone shows at an instant, as <input type=datetime-local> has it: "2026-11-03T10:30". */
export function localOf (instant: Date, timeZone: string): string {
  let clock = clocks.get(timeZone)
  if (!clock) {
    const { format } = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' })
    clocks.set(timeZone, clock = byMinute(at => format(at).replace(' ', 'T')))
  }
  return clock(instant)
}

/** The instant at which a clock in the zone shows this; of two (clocks put back) the first, of none (put forward) the one as far behind the gap. */
export function instantOf (local: string, timeZone: string): Date {
  const wanted = Date.parse(`${local}:00Z`)
  const shown = (at: number) => Date.parse(`${localOf(new Date(at), timeZone)}:00Z`)
  const before = wanted - (shown(wanted - 86_400_000) - (wanted - 86_400_000))
  if (shown(before) === wanted) return new Date(before)
  const after = wanted - (shown(wanted + 86_400_000) - (wanted + 86_400_000))
  return new Date(shown(after) === wanted ? after : before)
}

/** The instant so many minutes past midnight of a day ("2026-11-03") by the clock in the zone; 1440 is the next midnight. */
export function instantAt (day: string, minutes: number, timeZone: string): Date {
  return instantOf(new Date(Date.parse(`${day}T00:00:00Z`) + minutes * 60_000).toISOString().slice(0, 16), timeZone)
}

/** Whether a clock in the zone shows this ("2026-11-03T10:30") at all: when clocks are put forward, some times are left out. */
export const isOnTheClock = (local: string, timeZone: string): boolean => localOf(instantOf(local, timeZone), timeZone) === local

/** The day of an instant on the zone's calendar: "2026-11-03". */
export const dayOf = (instant: Date, timeZone: string): string => localOf(instant, timeZone).slice(0, 10)

/** The day so many days later. */
export const daysLater = (day: string, days: number): string => new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
