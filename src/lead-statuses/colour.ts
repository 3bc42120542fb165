import { TAG_COLOURS } from '../clients/client.js'
import type { Group, LeadStatus } from '../leads/lead.js'

/** What a status can look like: the colours that hold their contrast by day and by night, as classes of a `.pill`. */
export const STATUS_COLOURS = TAG_COLOURS

/** The colour that a group gives its statuses. */
export const GROUP_COLOURS = { new: 'blue', in_progress: 'amber', pending: 'teal', won: 'green', lost: 'plain' } as const satisfies Record<Group, (typeof STATUS_COLOURS)[number]>

/** The colour of a status: its own, or its group's. */
export const colourOf = ({ colour, group }: Pick<LeadStatus, 'colour' | 'group'>): string => colour ?? GROUP_COLOURS[group]
