import type { FastifyInstance } from 'fastify'
import type { Page } from 'playwright-core'

/** One thing to look at: who opens it, where, and what has to be done before it is to be seen. */
export interface Sight {
  name: string
  /** The route's pattern, as the application prints it. */
  route: string
  path: string
  /** Anna unless named; null is a stranger. */
  as?: 'anna' | 'sofia' | 'nuno' | 'olga' | null
  /** Without our scripts: some answers are only to be seen as whole pages. */
  plain?: boolean
  /** Loaded by itself, for it has scripts of its own; the others are come to as by a link. */
  loaded?: boolean
  /** In a browser of its own, because it signs out. */
  alone?: boolean
  prepare? (page: Page): Promise<unknown>
  /** Rules of axe-core that don't fit here. */
  without?: string[]
}

/** GET routes that show nobody a page, and why. */
export const NO_PAGES: Record<string, string> = {
  '/': 'leads to the first page one may see',
  '/assets/:file': 'is a file',
  '/healthz': 'is for machines',
  '/readyz': 'is for machines',
  '/settings/test-mailbox/:id/html': 'is a mail in its frame, where no script runs, axe-core neither',
  '/settings/test-mailbox/messages/:id/html': 'is a letter in its frame, where no script runs, axe-core neither',
  '/clients/:id/write/:token/preview': 'is a letter in its frame, where no script runs, axe-core neither',
  '/clients/:id/live': 'is a stream of events',
  '/live': 'is a stream of events',
  '/leads/live': 'is a stream of events',
  '/clients/:id/conversation/live': 'is a stream of events',
  '/conversations/:id/live': 'is a stream of events',
  '/inbox/live': 'is a stream of events',
  '/clients/:id/conversation/now': 'is a part of the conversation, as it stands now',
  '/conversations/:id/now': 'is a part of the conversation, as it stands now',
  '/conversations/:id/messages/:message/html': 'is a mail in its frame, where no script runs, axe-core neither',
  '/conversations/:id/messages/:message/files/:token/:name': 'is a file',
  '/settings/mailboxes/now': 'is the list of mailboxes, as it stands now',
  '/settings/mailboxes/:mailbox/now': 'is a part of a mailbox’s page, as it stands now',
  '/inbox/now': 'is the inbox, as it stands now',
  '/inbox/unread': 'is a part of every page',
  '/leads/:id/live': 'is a stream of events',
  '/leads/:id/files/:token/:name': 'is a file',
  '/leads/:id/thumbnails/:token.webp': 'is a picture',
  '/leads/:id/feed/:event/edit': 'is the page on which a client’s comment is changed',
  '/leads/:id/tasks/new': 'is the page of a client’s new task',
  '/leads/now': 'is the list of leads, as it stands now',
  '/leads/actions': 'is the page of what was done to many clients',
  '/leads/actions/:action': 'is the page of an action on clients',
  '/leads/columns': 'is the page of the columns of clients',
  '/leads/views': 'is the page of the views of clients',
  '/leads/views/new': 'is the page of a new view of clients',
  '/leads/views/:view': 'is the page of a view of clients',
  '/leads/board/now': 'is a part of the board, as it stands now',
  '/leads/:id/next': 'leads to another lead',
  '/leads/:id/previous': 'leads to another lead',
  '/calls/now': 'is a part of every page',
  '/calls/sample.wav': 'is a sound',
  '/calls/:call/recording': 'leads to a recording',
  '/tasks/due': 'is a part of every page',
  '/calendar/:token.ics': 'is for calendars',
  '/reports/leads.csv': 'is a file',
  '/reports/leads.xlsx': 'is a file',
  '/notifications/now': 'is a part of every page',
  '/clients/:id/files/:token/:name': 'is a file',
  '/logo/:hash.webp': 'is a picture',
  '/clients/:id/thumbnails/:token.webp': 'is a picture',
  '/clients/:id/consents.csv': 'is a file',
  '/imports/:id/errors.csv': 'is a file',
  '/imports/:id/errors.xlsx': 'is a file',
  '/clients/:id/data.zip': 'is a file',
  '/settings/consent/export': 'is a file',
  '/imports/template.xlsx': 'is a file',
  '/settings/locations/merge': 'is the page on which tags are merged',
  '/settings/marketing/merge': 'is the page on which tags are merged',
  '/clients/phone-types/new': 'is a row of the profile, looked at there',
  '/settings/phone-types/merge': 'is the page on which tags are merged',
  '/settings/phone-types/new': 'is the page of a new location',
  '/settings/price-types/merge': 'is the page on which tags are merged',
  '/settings/price-types/:id': 'is the page of a campaign, with the fields of a new price type'
}

/** What there is to see before anything has been done. */
export const EMPTY: Sight[] = [
  { name: 'clients-empty', route: '/clients', path: '/clients' },
  { name: 'tasks-empty', route: '/tasks', path: '/tasks' },
  { name: 'leads-empty', route: '/leads', path: '/leads' },
  { name: 'mailings-empty', route: '/mailings', path: '/mailings' },
  { name: 'inbox-empty', route: '/inbox', path: '/inbox' },
  { name: 'notifications-empty', route: '/notifications', path: '/notifications' },
  { name: 'price-types-empty', route: '/settings/price-types', path: '/settings/price-types' }
]

/** The first run, on a desk without a company. */
export const SETUP: Sight[] = [
  { name: 'setup', route: '/setup', path: '/setup', as: null },
  { name: 'setup-refused', route: '/setup', path: '/setup', as: null, prepare: async page => {
    for (const [name, value] of [['company', 'Żółć'], ['name', 'Zofia'], ['email', 'zofia@żółć'], ['password', 'short']]) await page.fill(`[name=${name}]`, value!)
    await page.locator('form').evaluate(form => { (form as HTMLFormElement).noValidate = true })
    await page.click('button.primary')
    await page.waitForSelector('.error')
  } }
]

/** The patterns of every GET route, from the tree the application prints of itself. */
export function getRoutes (app: FastifyInstance): string[] {
  const above: string[] = []
  return app.printRoutes({ commonPrefix: false }).split('\n').flatMap(line => {
    const found = /^([│ ]*)[├└]── (\S+) \((.*)\)/.exec(line)
    if (!found) return []
    const [, indent = '', part = '', methods = ''] = found
    const path = above.slice(0, indent.length / 4).join('') + part
    above.splice(indent.length / 4, above.length, part)
    return methods.split(', ').includes('GET') ? [path] : []
  })
}
