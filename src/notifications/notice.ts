/** What people are told of leads, in the order of the settings. `late`: too long in its status. */
export const NOTICES = ['new', 'assigned', 'moved', 'comment', 'due_soon', 'overdue', 'late', 'urgent'] as const
export type Notice = (typeof NOTICES)[number]

/** How: beside the bell of every page, or by e-mail. */
export const CHANNELS = ['in_app', 'mail'] as const
export type Channel = (typeof CHANNELS)[number]

/** Of several that one thing is to somebody, they are told the first. */
export const FIRST: readonly Notice[] = ['assigned', 'urgent', 'new', 'comment', 'moved', 'overdue', 'late', 'due_soon']

/** Something to be told: what it is of, and who did it; `eventId` is its entry in the lead's feed, and without one the clock tells. */
export interface Cause { leadId: number, notices: Notice[], by: number | null, eventId: number | null, dueAt: Date | null }
