import { statusName } from '../leads/statuses.js'
import type { Format } from '../web/format.js'
import type { Translate } from '../web/i18n.js'
import type { Say } from '../web/labels.js'
import type { ShownNotice } from './queries.js'

export interface Teller { t: Translate, fmt: Format, say: Say }

/** What has happened, in a sentence without the name of what it happened to: "Anna moved it to Waiting". */
export function sentenceOf (notice: ShownNotice, { t, fmt, say }: Teller): string {
  return t(`notifications.says.${notice.notice}`, {
    name: notice.by ?? t('feed.system'), status: notice.status ? statusName(t, say, notice.status) : '', when: notice.due_at ? fmt.moment(notice.due_at) : ''
  })
}
