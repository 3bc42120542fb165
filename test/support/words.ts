import { translator } from '../../src/web/i18n.js'

/** The words a page says, by their key in the locales: tests hold what is said, not how. */
export const words = translator('en')
