const clocks = new Map<string, Intl.DateTimeFormat>()

/** What a clock in the zone shows at an instant, as <input type=datetime-local> has it: "2026-11-03T10:30". */
export function localOf (instant: Date, timeZone: string): string {
  let clock = clocks.get(timeZone)
  if (!clock) clocks.set(timeZone, clock = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }))
  return clock.format(instant).replace(' ', 'T')
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
