import type { Right } from '../rights.js'

/** The right to say what is written to clients from templates and by automation. */
export const MANAGES = 'messages.manage' satisfies Right
