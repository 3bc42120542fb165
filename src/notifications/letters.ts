import type { Db } from '../database/knex.js'
import { sendLetter, type Pen } from '../mail/letter.js'
import { wordsOf } from '../web/labels.js'
import { findActor } from '../web/session-store.js'
import type { Viewer } from '../web/viewer.js'
import type { Notice } from './notice.js'
import { readNotices, type ShownNotice } from './queries.js'
import { sentenceOf } from './words.js'

export interface Told { id: number, employeeId: number, leadId: number, notice: Notice }

// So many letters to one person at once are a list in one letter.
const MOST_LETTERS = 5
const MOST_LISTED = 200
const LONGEST_BODY = 500
const DAYS = 2

/** Writes a letter of each to whom it is for, as they may see it at this moment; of many at once one that lists them. */
export async function writeLetters (trx: Db, told: readonly Told[], publicUrl: string): Promise<void> {
  const expiresAt = new Date(Date.now() + DAYS * 86_400_000)
  for (const id of new Set(told.map(({ employeeId }) => employeeId))) {
    const viewer = await findActor(trx, id)
    if (!viewer) continue
    const notices = await readNotices(trx, viewer, told.filter(({ employeeId }) => employeeId === id).map(one => one.id))
    const send = (write: Parameters<typeof sendLetter>[3]) => sendLetter(trx, 'lead_notice', viewer, write, { expiresAt })
    if (notices.length > MOST_LETTERS) await send(pen => listed(pen, viewer, notices, publicUrl))
    else for (const notice of notices) await send(pen => single(pen, viewer, notice, publicUrl))
  }
}

function single (pen: Pen, viewer: Viewer, notice: ShownNotice, publicUrl: string) {
  const { t, fmt } = pen
  const { number, who, phone, body, urgent } = notice
  const sentence = sentenceOf(notice, { ...pen, say: sayFor(viewer) })
  return {
    subject: `${number}: ${sentence}`,
    paragraphs: [
      [number, who, phone !== who && phone, urgent && t('leads.urgent')].filter(Boolean).join(' · '), sentence, ...body ? [`“${body.length > LONGEST_BODY ? `${body.slice(0, LONGEST_BODY)}…` : body}”`] : [], ...notice.due_at ? [fmt.dateTime(notice.due_at)] : []
    ],
    action: { words: t('notifications.open_lead'), href: publicUrl + notice.path },
    after: [t('notifications.mail_why')]
  }
}

function listed (pen: Pen, viewer: Viewer, notices: readonly ShownNotice[], publicUrl: string) {
  const { t, fmt } = pen
  const lines = notices.slice(0, MOST_LISTED).map(notice => `${notice.number} · ${notice.who} · ${sentenceOf(notice, { ...pen, say: sayFor(viewer) })}`)
  return {
    subject: t('notifications.mail_many', { count: notices.length, n: fmt.number(notices.length) }),
    paragraphs: [...lines, ...notices.length > MOST_LISTED ? ['…'] : []],
    action: { words: t('notifications.open_all'), href: `${publicUrl}/notifications` },
    after: [t('notifications.mail_why')]
  }
}

const sayFor = ({ language, organisation }: Viewer) => (labels: Parameters<typeof wordsOf>[0]) => wordsOf(labels, language, organisation.language)
