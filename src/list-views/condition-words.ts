import type { Format } from '../web/format.js'
import type { Translate } from '../web/i18n.js'
import type { Labels } from '../web/labels.js'
import { isTyped, type Condition } from './condition.js'

export interface Speaker { t: Translate, fmt: Format, say (labels: Labels): string }

/** What a filter asks of a field, as one reads it: "Frame size: 54 – 58". */
export const conditionWords = (condition: Condition, speaker: Speaker): string => `${speaker.say(condition.field.labels)}: ${askedWords(condition, speaker)}`

function askedWords ({ field, how, values, text, from, to }: Condition, { t, fmt, say }: Speaker): string {
  if (how === 'among') return values.map(value => valueWords(value)).join(', ')
  if (isTyped(how)) return `${t(`list.how.${how}`)} “${text}”`
  if (how !== 'between') return t(`list.how.${how}`)
  const bound = (value: string) => field.kind === 'number' ? fmt.exact(Number(value)) : field.kind === 'date' ? fmt.date(value) : `${fmt.date(value.slice(0, 10))} ${value.slice(11)}`
  if (from && to) return `${bound(from)} – ${bound(to)}`
  return from ? t('list.from_on', { from: bound(from) }) : t('list.up_to', { to: bound(to) })

  function valueWords (value: string): string {
    const option = field.options.find(({ id }) => String(id) === value)
    if (option) return say(option.labels)
    return value === 'yes' || value === 'no' ? t(value) : t(`list.how.${value}`)
  }
}
