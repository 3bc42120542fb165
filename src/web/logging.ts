import { randomUUID } from 'node:crypto'
import { LogController, type FastifyReply, type FastifyRequest, type FastifyServerOptions } from 'fastify'
import type { Config } from '../config.js'

export interface LogStream { write (line: string): void }

/**
 * JSON lines by pino, each with its request's id. No personal data: of a request the method and the route's pattern are
 * logged, never the address (it holds what was searched), the body, cookies or the visitor's IP address.
 */
export function logging (config: Config, stream?: LogStream): FastifyServerOptions {
  return {
    logger: {
      level: config.logLevel,
      ...(stream && { stream }),
      base: { pid: process.pid },
      serializers: {
        err: (error: Error & { code?: string }) => ({ type: error.name, code: error.code, message: blankValues(error), stack: blankStack(error) })
      }
    },
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    requestIdHeader: false
  }
}

/** One line for each answer; a hook of every route that doesn't set its `logLevel` above "info". */
export async function logAnswer (request: FastifyRequest, reply: FastifyReply): Promise<void> {
  request.log.info({ method: request.method, route: request.routeOptions.url ?? 'unknown', status: reply.statusCode, ms: Math.round(reply.elapsedTime * 10) / 10 }, 'answered')
}

// Knex puts the bound values, and Postgres the offending row, into the error's words.
const isDatabaseError = (error: Error & { code?: string }) => /^[0-9A-Z]{5}$/.test(error.code ?? '')

function blankValues (error: Error & { code?: string, constraint?: string, table?: string }): string {
  return isDatabaseError(error) ? `database error ${error.code}${error.constraint ? ` on ${error.constraint}` : ''}` : error.message
}

const blankStack = (error: Error) => (error.stack ?? '').split('\n').filter(line => line.startsWith('    at ')).join('\n')
