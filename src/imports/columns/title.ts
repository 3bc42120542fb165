import type { Translate } from '../../web/i18n.js'
import { wordsOf } from '../../web/labels.js'
import type { Language } from '../../web/viewer.js'
import type { Target } from './targets.js'

/** What a target is called in a language; what an admin didn't say in it, in the company's. */
export const titleOf = ({ title }: Pick<Target, 'title'>, t: Translate, language: Language, fallback: Language): string =>
  'key' in title ? t(title.key, title.values) : wordsOf(title.labels, language, fallback)
