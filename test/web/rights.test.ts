import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import permissions from '../../src/web/permissions.js'
import { testApp } from '../support/app.js'

t.test('a route states exactly one right, or stops the start with its name', async t => {
  for (const config of [undefined, {}, { public: false }, { public: true, signedIn: true }, { can: 'clients.view', signedIn: true }]) {
    const app = Fastify()
    await app.register(permissions)
    t.throws(() => app.get('/somewhere', { config: config as object }, async () => 'hidden'), /GET \/somewhere states no right/, JSON.stringify(config))
    await app.close()
  }
  const app = Fastify()
  await app.register(permissions)
  for (const [n, config] of [{ public: true }, { signedIn: true }, { can: 'clients.view' }, { can: ['clients.view', 'suppliers.view'] }].entries()) {
    t.doesNotThrow(() => app.get(`/${n}`, { config: config as object }, async () => 'shown'))
  }
  await app.close()
})

// Whoever changes who may do what changes this list too.
const ROUTES = `
GET /  signed in
GET /account  signed in
POST /account  signed in
GET /account/calendar  signed in
POST /account/calendar  signed in
POST /account/calendar/revoke  signed in
POST /account/email  signed in
POST /account/email/cancel  signed in
POST /account/notifications  signed in
POST /account/password  signed in
POST /account/sessions/:key/end  signed in
POST /account/sessions/end  signed in
GET /account/telephone  signed in
POST /account/telephone  signed in
GET /account/two-steps  signed in
POST /account/two-steps  signed in
POST /account/two-steps/codes  signed in
POST /account/two-steps/off  signed in
POST /account/two-steps/start  signed in
GET /assets/:file  public
GET /calendar/:token.ics  public
POST /calls  calls.make
GET /calls  calls.view
POST /calls/:call/answering  calls.view
POST /calls/:call/dismiss  calls.view | calls.make
GET /calls/:call/recording  calls.view
GET /calls/now  calls.view | calls.make
GET /calls/sample.wav  calls.view
POST /clients  clients.create
GET /clients  clients.view | suppliers.view
POST /clients/:id  clients.edit
GET /clients/:id  clients.view | suppliers.view
POST /clients/:id/archive  clients.delete
POST /clients/:id/comments  clients.view | suppliers.view
GET /clients/:id/consents  clients.view | suppliers.view
GET /clients/:id/consents.csv  clients.export
POST /clients/:id/consents/:consent  clients.edit
POST /clients/:id/conversation  messages.send
GET /clients/:id/conversation  messages.view
GET /clients/:id/conversation/live  messages.view
GET /clients/:id/conversation/now  messages.view
GET /clients/:id/data  clients.export | clients.erase
GET /clients/:id/data.zip  clients.export
POST /clients/:id/emails  clients.edit
POST /clients/:id/emails/:contact  clients.edit
POST /clients/:id/emails/:contact/remove  clients.edit
POST /clients/:id/emails/:contact/restore  clients.edit
POST /clients/:id/erase  clients.erase
GET /clients/:id/feed  clients.view | suppliers.view
GET /clients/:id/feed/:event  clients.view | suppliers.view
POST /clients/:id/feed/:event  clients.view | suppliers.view
POST /clients/:id/feed/:event/delete  clients.view | suppliers.view
GET /clients/:id/feed/:event/edit  clients.view | suppliers.view
POST /clients/:id/feed/:event/restore  clients.view | suppliers.view
POST /clients/:id/files  clients.edit
GET /clients/:id/files/:token/:name  clients.view | suppliers.view
POST /clients/:id/files/:token/remove  clients.edit
POST /clients/:id/files/:token/restore  clients.edit
GET /clients/:id/live  clients.view | suppliers.view
POST /clients/:id/map  clients.edit
GET /clients/:id/map  clients.view | suppliers.view
POST /clients/:id/map/look-up  clients.view | suppliers.view
POST /clients/:id/map/undo/:event  clients.edit
POST /clients/:id/parts/:unit  clients.edit
POST /clients/:id/phones  clients.edit
POST /clients/:id/phones/:contact  clients.edit
POST /clients/:id/phones/:contact/remove  clients.edit
POST /clients/:id/phones/:contact/restore  clients.edit
POST /clients/:id/restore  clients.delete
POST /clients/:id/tags  clients.edit
POST /clients/:id/tags/:tag/remove  clients.edit
POST /clients/:id/tasks  clients.view | suppliers.view
GET /clients/:id/tasks/new  clients.view | suppliers.view
GET /clients/:id/text  messages.send
POST /clients/:id/text  messages.send
GET /clients/:id/thumbnails/:token.webp  clients.view | suppliers.view
POST /clients/:id/uploads  clients.edit
GET /clients/:id/write  messages.send
POST /clients/:id/write  messages.send
GET /clients/:id/write/:token/preview  messages.send
POST /clients/:id/write/uploads  messages.send
GET /clients/actions  clients.edit | clients.delete | clients.erase
POST /clients/actions  clients.edit | clients.delete | clients.erase
GET /clients/actions/:action  clients.edit | clients.delete | clients.erase
POST /clients/actions/:action/continue  clients.edit | clients.delete | clients.erase
POST /clients/actions/:action/select  clients.edit | clients.delete | clients.erase
POST /clients/actions/:action/stop  clients.edit | clients.delete | clients.erase
POST /clients/actions/:action/undo  clients.edit | clients.delete | clients.erase
GET /clients/actions/new  clients.edit | clients.delete | clients.erase
GET /clients/check  clients.view | suppliers.view | clients.create
GET /clients/columns  clients.view | suppliers.view
GET /clients/duplicates  clients.merge
POST /clients/duplicates/:ids/restore  clients.merge
POST /clients/duplicates/dismiss  clients.merge
GET /clients/duplicates/dismissed  clients.merge
GET /clients/email-row  clients.create | clients.edit
GET /clients/export  clients.export
POST /clients/export  clients.export
GET /clients/filters  clients.view | suppliers.view
GET /clients/merge  clients.merge
POST /clients/merge  clients.merge
GET /clients/merges/:merge  clients.merge
POST /clients/merges/:merge/undo  clients.merge
GET /clients/new  clients.create
GET /clients/phone-row  clients.create | clients.edit
POST /clients/phone-types  clients.create | clients.edit
GET /clients/phone-types/new  clients.create | clients.edit
POST /clients/selection  clients.edit | clients.delete | clients.erase | clients.export | messages.send_many
POST /clients/selection/clear  clients.edit | clients.delete | clients.erase | clients.export | messages.send_many
GET /clients/views  clients.view | suppliers.view
POST /clients/views  clients.view | suppliers.view
GET /clients/views/:view  clients.view | suppliers.view
POST /clients/views/:view  clients.view | suppliers.view
POST /clients/views/:view/delete  clients.view | suppliers.view
POST /clients/views/:view/down  clients.view | suppliers.view
POST /clients/views/:view/restore  clients.view | suppliers.view
POST /clients/views/:view/up  clients.view | suppliers.view
GET /clients/views/new  clients.view | suppliers.view
POST /clients/views/opening  clients.view | suppliers.view
POST /clients/views/roles  settings.manage
GET /confirm-email/:token  public
POST /confirm-email/:token  public
POST /conversations/:id  messages.send
GET /conversations/:id  messages.view
POST /conversations/:id/assign  messages.send
POST /conversations/:id/client  clients.create
POST /conversations/:id/close  messages.send
POST /conversations/:id/lead  leads.create
GET /conversations/:id/link  messages.send
POST /conversations/:id/link  messages.send
GET /conversations/:id/live  messages.view
GET /conversations/:id/messages/:message/files/:token/:name  messages.view
GET /conversations/:id/messages/:message/html  messages.view
POST /conversations/:id/messages/:message/undo  messages.send
GET /conversations/:id/now  messages.view
POST /conversations/:id/reopen  messages.send
POST /conversations/:id/seen  messages.view
POST /conversations/:id/unread  messages.view
GET /healthz  public
POST /hooks/calls/simulator  public
POST /hooks/calls/twilio/answered  public
POST /hooks/calls/twilio/dialed  public
POST /hooks/calls/twilio/done/:call  public
POST /hooks/calls/twilio/incoming  public
POST /hooks/calls/twilio/ours/:call  public
POST /hooks/calls/twilio/outgoing/:call  public
POST /hooks/calls/twilio/status  public
POST /hooks/calls/twilio/theirs/:call  public
POST /hooks/calls/webhook  public
POST /hooks/calls/webhook/:secret  public
POST /hooks/messages/:hook  public
GET /imports  clients.import
POST /imports  clients.import
GET /imports/:id  clients.import
GET /imports/:id/columns  clients.import
POST /imports/:id/columns  clients.import
POST /imports/:id/creates  clients.import
GET /imports/:id/errors.csv  clients.import
GET /imports/:id/errors.xlsx  clients.import
POST /imports/:id/reading  clients.import
POST /imports/:id/run  clients.import
POST /imports/:id/stop  clients.import
POST /imports/:id/undo  clients.import
GET /imports/template.xlsx  clients.import
GET /inbox  messages.view
GET /inbox/live  messages.view
GET /inbox/now  messages.view
GET /inbox/unread  messages.view
GET /invitations/:token  public
POST /invitations/:token  public
POST /leads  leads.create
GET /leads  leads.view_own | leads.view_locations | leads.view_all
POST /leads/:id  leads.edit
GET /leads/:id  leads.view_own | leads.view_locations | leads.view_all
POST /leads/:id/archive  leads.archive
POST /leads/:id/client  leads.edit
POST /leads/:id/comments  leads.view_own | leads.view_locations | leads.view_all
GET /leads/:id/delete  leads.delete
POST /leads/:id/delete  leads.delete
GET /leads/:id/feed  leads.view_own | leads.view_locations | leads.view_all
GET /leads/:id/feed/:event  leads.view_own | leads.view_locations | leads.view_all
POST /leads/:id/feed/:event  leads.view_own | leads.view_locations | leads.view_all
POST /leads/:id/feed/:event/delete  leads.view_own | leads.view_locations | leads.view_all
GET /leads/:id/feed/:event/edit  leads.view_own | leads.view_locations | leads.view_all
POST /leads/:id/feed/:event/restore  leads.view_own | leads.view_locations | leads.view_all
POST /leads/:id/files  leads.edit
GET /leads/:id/files/:token/:name  leads.view_own | leads.view_locations | leads.view_all
POST /leads/:id/files/:token/remove  leads.edit
POST /leads/:id/files/:token/restore  leads.edit
POST /leads/:id/link  leads.edit
GET /leads/:id/live  leads.view_own | leads.view_locations | leads.view_all
POST /leads/:id/move  leads.move
GET /leads/:id/next  leads.view_own | leads.view_locations | leads.view_all
GET /leads/:id/previous  leads.view_own | leads.view_locations | leads.view_all
POST /leads/:id/restore  leads.archive
GET /leads/:id/status  leads.move
POST /leads/:id/status  leads.move
POST /leads/:id/tasks  leads.view_own | leads.view_locations | leads.view_all
GET /leads/:id/tasks/new  leads.view_own | leads.view_locations | leads.view_all
GET /leads/:id/thumbnails/:token.webp  leads.view_own | leads.view_locations | leads.view_all
POST /leads/:id/unlink  leads.edit
POST /leads/:id/uploads  leads.edit
GET /leads/actions  leads.edit | leads.move | leads.archive
POST /leads/actions  leads.edit | leads.move | leads.archive
GET /leads/actions/:action  leads.edit | leads.move | leads.archive
POST /leads/actions/:action/continue  leads.edit | leads.move | leads.archive
POST /leads/actions/:action/select  leads.edit | leads.move | leads.archive
POST /leads/actions/:action/stop  leads.edit | leads.move | leads.archive
POST /leads/actions/:action/undo  leads.edit | leads.move | leads.archive
GET /leads/actions/new  leads.edit | leads.move | leads.archive
GET /leads/board  leads.view_own | leads.view_locations | leads.view_all
GET /leads/board/columns/:status  leads.view_own | leads.view_locations | leads.view_all
GET /leads/board/filters  leads.view_own | leads.view_locations | leads.view_all
GET /leads/board/now  leads.view_own | leads.view_locations | leads.view_all
GET /leads/check  clients.view | suppliers.view
GET /leads/columns  leads.view_own | leads.view_locations | leads.view_all
GET /leads/export  leads.export
POST /leads/export  leads.export
GET /leads/filters  leads.view_own | leads.view_locations | leads.view_all
GET /leads/live  leads.view_own | leads.view_locations | leads.view_all
GET /leads/new  leads.create
GET /leads/now  leads.view_own | leads.view_locations | leads.view_all
GET /leads/people  leads.view_own | leads.view_locations | leads.view_all
POST /leads/people/client  leads.edit
POST /leads/people/link  leads.edit
GET /leads/phone-row  leads.create | leads.edit
POST /leads/selection  leads.edit | leads.move | leads.archive | leads.export
POST /leads/selection/clear  leads.edit | leads.move | leads.archive | leads.export
GET /leads/views  leads.view_own | leads.view_locations | leads.view_all
POST /leads/views  leads.view_own | leads.view_locations | leads.view_all
GET /leads/views/:view  leads.view_own | leads.view_locations | leads.view_all
POST /leads/views/:view  leads.view_own | leads.view_locations | leads.view_all
GET /leads/views/:view/badge  settings.manage
POST /leads/views/:view/badge  settings.manage
POST /leads/views/:view/delete  leads.view_own | leads.view_locations | leads.view_all
POST /leads/views/:view/down  leads.view_own | leads.view_locations | leads.view_all
POST /leads/views/:view/restore  leads.view_own | leads.view_locations | leads.view_all
POST /leads/views/:view/up  leads.view_own | leads.view_locations | leads.view_all
GET /leads/views/new  leads.view_own | leads.view_locations | leads.view_all
POST /leads/views/opening  leads.view_own | leads.view_locations | leads.view_all
POST /leads/views/roles  settings.manage
GET /live  signed in
GET /logo/:hash.webp  public
GET /mailings  messages.send_many
POST /mailings  messages.send_many
GET /mailings/:mailing  messages.send_many
POST /mailings/:mailing/pause  messages.send_many
POST /mailings/:mailing/resume  messages.send_many
POST /mailings/:mailing/stop  messages.send_many
GET /mailings/new  messages.send_many
GET /messages/:message  messages.view
POST /messages/:message/again  messages.send
POST /messages/:message/cancel  messages.send
GET /messages/failed  messages.view
GET /notifications  leads.view_own | leads.view_locations | leads.view_all | messages.view
POST /notifications/:notification/open  leads.view_own | leads.view_locations | leads.view_all | messages.view
POST /notifications/:notification/read  leads.view_own | leads.view_locations | leads.view_all | messages.view
GET /notifications/now  leads.view_own | leads.view_locations | leads.view_all | messages.view
POST /notifications/read  leads.view_own | leads.view_locations | leads.view_all | messages.view
GET /readyz  public
GET /reports/leads  reports.view
GET /reports/leads.csv  reports.view
GET /reports/leads.xlsx  reports.view
GET /settings  settings.manage | messages.manage | marketing.manage | employees.manage | roles.manage | audit.view | clients.export
GET /settings/audit  audit.view
GET /settings/clients  settings.manage
POST /settings/clients  settings.manage
POST /settings/consent  settings.manage
GET /settings/consent  settings.manage | clients.export
GET /settings/consent/export  clients.export
GET /settings/employees  employees.manage
POST /settings/employees  employees.manage
GET /settings/employees/:id  employees.manage
POST /settings/employees/:id  employees.manage
POST /settings/employees/:id/activate  employees.manage
POST /settings/employees/:id/deactivate  employees.manage
POST /settings/employees/:id/invitation  employees.manage
GET /settings/employees/:id/telephone  employees.manage
POST /settings/employees/:id/telephone  employees.manage
POST /settings/employees/:id/two-steps/reset  employees.manage
GET /settings/employees/new  employees.manage
GET /settings/files  settings.manage
POST /settings/files  settings.manage
GET /settings/form-editor  settings.manage
GET /settings/form-editor/:form  settings.manage
POST /settings/form-editor/:form/items/:item/:action  settings.manage
POST /settings/form-editor/:form/sections  settings.manage
GET /settings/form-editor/:form/sections/:section  settings.manage
POST /settings/form-editor/:form/sections/:section  settings.manage
POST /settings/form-editor/:form/sections/:section/:action  settings.manage
GET /settings/form-editor/:form/sections/new  settings.manage
POST /settings/form-editor/fields  settings.manage
GET /settings/form-editor/fields/:field  settings.manage
POST /settings/form-editor/fields/:field  settings.manage
GET /settings/form-editor/fields/:field/erase  settings.manage
POST /settings/form-editor/fields/:field/erase  settings.manage
GET /settings/form-editor/fields/:field/kind  settings.manage
POST /settings/form-editor/fields/:field/kind  settings.manage
POST /settings/form-editor/fields/:field/remove  settings.manage
POST /settings/form-editor/fields/:field/restore  settings.manage
GET /settings/form-editor/fields/new  settings.manage
GET /settings/gateways  messages.manage
POST /settings/gateways  messages.manage
GET /settings/gateways/:gateway  messages.manage
POST /settings/gateways/:gateway  messages.manage
POST /settings/gateways/:gateway/restore  messages.manage
POST /settings/gateways/:gateway/retire  messages.manage
POST /settings/gateways/:gateway/test  messages.manage
POST /settings/gateways/channels  messages.manage
GET /settings/gateways/new  messages.manage
POST /settings/gateways/strangers  messages.manage
GET /settings/general  settings.manage
POST /settings/general  settings.manage
POST /settings/general/logo  settings.manage
POST /settings/general/logo/remove  settings.manage
GET /settings/lead-statuses  settings.manage
POST /settings/lead-statuses  settings.manage
GET /settings/lead-statuses/:id  settings.manage
POST /settings/lead-statuses/:id  settings.manage
POST /settings/lead-statuses/:id/delete  settings.manage
GET /settings/lead-statuses/new  settings.manage
POST /settings/lead-statuses/order  settings.manage
GET /settings/leads  settings.manage
POST /settings/leads/numbers  settings.manage
POST /settings/leads/preview  settings.manage
POST /settings/leads/types  settings.manage
GET /settings/leads/types/:id  settings.manage
POST /settings/leads/types/:id  settings.manage
POST /settings/leads/types/:id/default  settings.manage
POST /settings/leads/types/:id/remove  settings.manage
POST /settings/leads/types/:id/restore  settings.manage
GET /settings/leads/types/new  settings.manage
POST /settings/leads/types/order  settings.manage
GET /settings/locations  settings.manage
POST /settings/locations  settings.manage
GET /settings/locations/:id  settings.manage
POST /settings/locations/:id  settings.manage
POST /settings/locations/:id/delete  settings.manage
GET /settings/locations/:id/hours  settings.manage
POST /settings/locations/:id/hours  settings.manage
POST /settings/locations/:id/hours/closed-days  settings.manage
POST /settings/locations/:id/hours/closed-days/:days/remove  settings.manage
POST /settings/locations/:id/hours/closed-days/:days/restore  settings.manage
POST /settings/locations/:id/restore  settings.manage
POST /settings/locations/:id/retire  settings.manage
GET /settings/locations/merge  settings.manage
POST /settings/locations/merge  settings.manage
GET /settings/locations/new  settings.manage
POST /settings/locations/order  settings.manage
GET /settings/mail  settings.manage
POST /settings/mail  settings.manage
POST /settings/mail/dkim  settings.manage
POST /settings/mail/letters  settings.manage
POST /settings/mail/sent/:id/again  settings.manage
POST /settings/mail/test  settings.manage
GET /settings/mailboxes  settings.manage
POST /settings/mailboxes  settings.manage
GET /settings/mailboxes/:mailbox  settings.manage
POST /settings/mailboxes/:mailbox  settings.manage
GET /settings/mailboxes/:mailbox/now  settings.manage
POST /settings/mailboxes/:mailbox/remove  settings.manage
POST /settings/mailboxes/:mailbox/test  settings.manage
GET /settings/mailboxes/new  settings.manage
GET /settings/mailboxes/now  settings.manage
GET /settings/map  settings.manage
POST /settings/map  settings.manage
GET /settings/marketing  marketing.manage
POST /settings/marketing  marketing.manage
GET /settings/marketing/:id  marketing.manage
POST /settings/marketing/:id  marketing.manage
POST /settings/marketing/:id/delete  marketing.manage
POST /settings/marketing/:id/restore  marketing.manage
POST /settings/marketing/:id/retire  marketing.manage
GET /settings/marketing/merge  marketing.manage
POST /settings/marketing/merge  marketing.manage
GET /settings/marketing/new  marketing.manage
POST /settings/marketing/order  marketing.manage
GET /settings/notifications  settings.manage
POST /settings/notifications  settings.manage
GET /settings/notifications/clients  messages.manage
POST /settings/notifications/clients  messages.manage
GET /settings/notifications/clients/:id  messages.manage
POST /settings/notifications/clients/:id  messages.manage
POST /settings/notifications/clients/:id/off  messages.manage
POST /settings/notifications/clients/:id/on  messages.manage
POST /settings/notifications/clients/:id/remove  messages.manage
POST /settings/notifications/clients/:id/restore  messages.manage
GET /settings/notifications/clients/:id/try  messages.manage
GET /settings/notifications/clients/log  messages.manage
GET /settings/notifications/clients/new  messages.manage
GET /settings/phone-types  settings.manage
POST /settings/phone-types  settings.manage
GET /settings/phone-types/:id  settings.manage
POST /settings/phone-types/:id  settings.manage
POST /settings/phone-types/:id/delete  settings.manage
POST /settings/phone-types/:id/restore  settings.manage
POST /settings/phone-types/:id/retire  settings.manage
GET /settings/phone-types/merge  settings.manage
POST /settings/phone-types/merge  settings.manage
GET /settings/phone-types/new  settings.manage
POST /settings/phone-types/order  settings.manage
GET /settings/price-types  settings.manage
POST /settings/price-types  settings.manage
GET /settings/price-types/:id  settings.manage
POST /settings/price-types/:id  settings.manage
POST /settings/price-types/:id/delete  settings.manage
POST /settings/price-types/:id/restore  settings.manage
POST /settings/price-types/:id/retire  settings.manage
GET /settings/price-types/merge  settings.manage
POST /settings/price-types/merge  settings.manage
GET /settings/price-types/new  settings.manage
POST /settings/price-types/order  settings.manage
GET /settings/roles  roles.manage
POST /settings/roles  roles.manage
GET /settings/roles/:id  roles.manage
POST /settings/roles/:id  roles.manage
POST /settings/roles/:id/delete  roles.manage
POST /settings/roles/:id/two-steps  roles.manage
POST /settings/roles/:id/view  roles.manage
GET /settings/roles/new  roles.manage
POST /settings/roles/rights  roles.manage
GET /settings/tags  settings.manage
POST /settings/tags  settings.manage
GET /settings/tags/:id  settings.manage
POST /settings/tags/:id  settings.manage
POST /settings/tags/:id/delete  settings.manage
POST /settings/tags/:id/restore  settings.manage
POST /settings/tags/:id/retire  settings.manage
GET /settings/tags/merge  settings.manage
POST /settings/tags/merge  settings.manage
GET /settings/tags/new  settings.manage
POST /settings/tags/order  settings.manage
GET /settings/telephony  settings.manage
POST /settings/telephony  settings.manage
GET /settings/telephony/simulator  settings.manage
POST /settings/telephony/simulator  settings.manage
POST /settings/telephony/simulator/:call  settings.manage
GET /settings/templates  messages.manage
POST /settings/templates  messages.manage
GET /settings/templates/:id  messages.manage
POST /settings/templates/:id  messages.manage
POST /settings/templates/:id/archive  messages.manage
POST /settings/templates/:id/preview  messages.manage
POST /settings/templates/:id/restore  messages.manage
GET /settings/templates/company  messages.manage
POST /settings/templates/company  messages.manage
GET /settings/templates/new  messages.manage
POST /settings/templates/preview  messages.manage
GET /settings/test-mailbox  settings.manage
GET /settings/test-mailbox/:id  settings.manage
GET /settings/test-mailbox/:id/html  settings.manage
POST /settings/test-mailbox/empty  settings.manage
GET /settings/test-mailbox/messages/:id  settings.manage
GET /settings/test-mailbox/messages/:id/html  settings.manage
GET /setup  public
POST /setup  public
GET /sign-in  public
POST /sign-in  public
GET /sign-in/code  public
POST /sign-in/code  public
GET /sign-in/forgotten  public
POST /sign-in/forgotten  public
GET /sign-in/forgotten/sent  public
GET /sign-in/password/:token  public
POST /sign-in/password/:token  public
POST /sign-out  signed in
GET /tags  clients.view | suppliers.view | clients.create
GET /tags/chip  clients.create | clients.edit
GET /tasks  clients.view | suppliers.view | leads.view_own | leads.view_locations | leads.view_all
POST /tasks/:task  clients.view | suppliers.view | leads.view_own | leads.view_locations | leads.view_all
POST /tasks/:task/delete  clients.view | suppliers.view | leads.view_own | leads.view_locations | leads.view_all
POST /tasks/:task/done  clients.view | suppliers.view | leads.view_own | leads.view_locations | leads.view_all
GET /tasks/:task/edit  clients.view | suppliers.view | leads.view_own | leads.view_locations | leads.view_all
POST /tasks/:task/noticed  clients.view | suppliers.view | leads.view_own | leads.view_locations | leads.view_all
POST /tasks/:task/reopen  clients.view | suppliers.view | leads.view_own | leads.view_locations | leads.view_all
POST /tasks/:task/restore  clients.view | suppliers.view | leads.view_own | leads.view_locations | leads.view_all
GET /tasks/due  clients.view | suppliers.view | leads.view_own | leads.view_locations | leads.view_all
GET /unsubscribe/:token  public
POST /unsubscribe/:token  public
POST /view-as/stop  signed in
`

t.test('each route asks for the right that stands here', async t => {
  const routes: string[] = []
  const listen = (message: unknown) => {
    (message as { fastify: FastifyInstance }).fastify.addHook('onRoute', ({ method, url, config = {} }) => {
      if (method === 'HEAD') return
      const { can, signedIn } = config
      routes.push(`${String(method)} ${url}  ${can ? [can].flat().join(' | ') : signedIn ? 'signed in' : 'public'}`)
    })
  }
  subscribe('fastify.initialization', listen)
  await testApp(t)
  unsubscribe('fastify.initialization', listen) // the next file of the process may have begun to build its application too
  t.same([...new Set(routes)].sort(byAddress), ROUTES.trim().split('\n'))
})

function byAddress (a: string, b: string): number {
  const key = (line: string) => line.split(' ').slice(1).join(' ')
  return key(a).localeCompare(key(b), 'en') || a.localeCompare(b, 'en')
}
