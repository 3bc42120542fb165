import { TAG_COLOURS } from '../clients/client.js'
import type { LeadStatus } from '../leads/lead.js'

/** What a status can look like: the colours that hold their contrast by day and by night, as classes of a `.pill`. */
export const STATUS_COLOURS = TAG_COLOURS

/** The class of a status: its own colour, or its group's. */
export const colourOf = ({ colour, group }: Pick<LeadStatus, 'colour' | 'group'>): string => colour ?? `of-${group}`
