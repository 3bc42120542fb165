import formbody from '@fastify/formbody'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Config } from './config.js'
import type { Db } from './database/knex.js'
import account from './account/routes.js'
import audit from './audit/routes.js'
import automation from './automation/routes.js'
import calendar from './calendar/routes.js'
import calls from './calls/routes.js'
import campaigns from './campaigns/routes.js'
import clients from './clients/routes.js'
import conversations from './conversations/routes.js'
import employees from './employees/routes.js'
import feeds from './feed/routes.js'
import files from './files/routes.js'
import { openStorage } from './files/storage/open.js'
import type { Storage } from './files/storage/storage.js'
import formEditor from './form-editor/routes.js'
import health from './health/routes.js'
import importTemplate from './imports/template/routes.js'
import imports from './imports/routes.js'
import installation from './installation/routes.js'
import jobs from './jobs/plugin.js'
import leads from './leads/routes.js'
import leadsBoard from './leads/board/routes.js'
import leadsList from './leads/list/routes.js'
import leadStatus from './leads/status/routes.js'
import leadSteps from './leads/steps/routes.js'
import leadSettings from './lead-settings/routes.js'
import leadStatuses from './lead-statuses/routes.js'
import locations from './locations/routes.js'
import type { Sender } from './mail/outbox/sender.js'
import mail from './mail/plugin.js'
import mailSettings from './mail/routes.js'
import mailboxListening from './mailboxes/listening/plugin.js'
import mailboxes from './mailboxes/routes.js'
import mailings from './mailings/routes.js'
import map from './map/routes.js'
import letters from './messages/email/routes.js'
import gateways from './messages/gateways/routes.js'
import messages from './messages/routes.js'
import texting from './messages/texting/routes.js'
import type { Gateways } from './messages/sending/gateway.js'
import sending from './messages/sending/plugin.js'
import notifications from './notifications/routes.js'
import phoneTypes from './phone-types/routes.js'
import priceTypes from './price-types/routes.js'
import leadsReport from './reports/leads/routes.js'
import roles from './roles/routes.js'
import type { Sealer } from './seal.js'
import settings from './settings/routes.js'
import signIn from './sign-in/routes.js'
import tasks from './tasks/routes.js'
import templates from './templates/routes.js'
import twoSteps from './two-steps/routes.js'
import requireTwoSteps from './two-steps/required.js'
import viewAs from './view-as/routes.js'
import readOnly from './view-as/read-only.js'
import tags from './tags/routes.js'
import assets from './web/assets.js'
import connections from './web/connections.js'
import errorPages, { readLiterally } from './web/error-pages.js'
import flash from './web/flash.js'
import live from './web/live.js'
import { logAnswer, logging, type LogStream } from './web/logging.js'
import pages from './web/page.js'
import permissions from './web/permissions.js'
import sameOrigin from './web/same-origin.js'
import security from './web/security.js'
import session from './web/session.js'
import whosePage from './web/whose-page.js'

declare module 'fastify' {
  interface FastifyInstance {
    db: Db
    config: Config
    storage: Storage
    sealer: Sealer
    outbox: Sender
    /** An adapter puts itself here. */
    gatewayOf: Gateways
    /** Where links in mails lead, "https://desk.example.com". */
    publicUrl (): Promise<string>
  }
}

export interface AppOptions {
  config: Config
  db: Db
  /** Address of the database, for the connection that listens for live events. */
  databaseUrl: string
  /** Signs cookies; the same for every process on the database. */
  secret: string
  /** Takes the log's lines instead of the standard output. */
  logTo?: LogStream
  /** Milliseconds between two looks at whether a stream of live events may go on. */
  heartbeat?: number
}

/** Builds the whole application, ready to listen or to be injected into. Every plugin and every feature stands here, in the order in which a request meets them. */
export async function buildApp ({ config, db, databaseUrl, secret, logTo, heartbeat }: AppOptions): Promise<FastifyInstance> {
  const app = Fastify({
    ...logging(config, logTo),
    // Of X-Forwarded-For the last address is our proxy's word; those before it are whatever the visitor sent.
    trustProxy: config.trustProxy && ((_address: string, hop: number) => hop === 0),
    bodyLimit: 1024 * 1024,
    // No route is a regular expression, so a long address is just not found.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 16_384 },
    frameworkErrors: (error, request, reply) => readLiterally(error, request as FastifyRequest, reply as FastifyReply),
    forceCloseConnections: 'idle'
  })
  app.decorate('db', db)
  app.decorate('config', config)
  app.decorate('storage', openStorage(config))

  await app.register(connections)
  await app.register(assets)
  app.addHook('onResponse', logAnswer)
  await app.register(permissions)
  await app.register(security)
  app.removeAllContentTypeParsers() // forms only: JSON, with its numbers and objects, is nothing they can send
  await app.register(formbody, { bodyLimit: 1024 * 1024 })
  await app.register(sameOrigin)
  await app.register(session, { db, secret, limits: config.session })
  await app.register(flash)
  await app.register(pages)
  await app.register(errorPages)
  await app.register(whosePage)
  await app.register(requireTwoSteps)
  await app.register(readOnly)
  await app.register(live, { url: databaseUrl, ...(heartbeat && { heartbeat }) })
  await app.register(jobs, { url: databaseUrl })
  await app.register(mail)
  await app.register(sending)
  await app.register(mailboxListening, { url: databaseUrl })

  await app.register(health)
  await app.register(installation)
  await app.register(signIn)
  await app.register(account)
  await app.register(twoSteps)
  await app.register(clients, { databaseUrl })
  await app.register(leads)
  await app.register(feeds)
  await app.register(files)
  await app.register(importTemplate)
  await app.register(imports, { url: databaseUrl })
  await app.register(tasks)
  await app.register(messages)
  await app.register(letters)
  await app.register(conversations)
  await app.register(mailings)
  await app.register(leadsList, { databaseUrl })
  await app.register(notifications)
  await app.register(calls, { databaseUrl })
  await app.register(leadsBoard)
  await app.register(leadStatus)
  await app.register(leadSteps)
  await app.register(calendar)
  await app.register(leadsReport)
  await app.register(campaigns)
  await app.register(locations)
  await app.register(map)
  await app.register(phoneTypes)
  await app.register(tags)
  await app.register(priceTypes)
  await app.register(employees)
  await app.register(roles)
  await app.register(viewAs)
  await app.register(settings)
  await app.register(formEditor)
  await app.register(leadSettings)
  await app.register(leadStatuses)
  await app.register(templates)
  await app.register(gateways)
  await app.register(automation)
  await app.register(texting)
  await app.register(audit)
  await app.register(mailSettings)
  await app.register(mailboxes)
  return app
}
