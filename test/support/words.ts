import { translator } from '../../src/web/i18n.js'

/** The words a page says, by their key in the locales: tests hold what is said, not how. */
export const words = translator('en')

/** Whether a page says something. */
export const says = (body: string, key: string, values?: Record<string, unknown>): boolean => body.includes(words(key, values).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;').replace(/'/g, '&#39;'))
