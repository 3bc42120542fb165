import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { changesBetween, recordChanges } from '../../audit/record.js'
import type { Db } from '../../database/knex.js'
import { NotFound } from '../../web/errors.js'
import { idOf, readForm, text, type FieldErrors } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'

type One = { Params: { id: string } }

// An extension, a number in E.164, or the address of a telephone.
const schema = z.object({ extension: text(60).transform(value => /^\+?[\d\s()./-]+$/.test(value) ? value.replace(/[\s()./-]/g, '') : value).refine(value => value === '' || /^(\+?\d{2,15}|sips?:[\w.+-]+@[\w.:-]+|[\w*#.-]{1,40})$/.test(value), { error: 'telephony.extension_wrong' }) })

/** Where somebody is rung: one sets it on the page Account, or whoever manages employees on theirs. */
export default async function extensions (app: FastifyInstance) {
  const { db } = app

  app.get('/account/telephone', { config: { signedIn: true } }, async (request, reply) => reply.page('calls/extension/own', await own(request)))

  app.post('/account/telephone', { config: { signedIn: true } }, async (request, reply) => {
    const form = readForm(schema, request.body)
    if (form.errors) return reply.page('calls/extension/own', { ...await own(request), extension: form.typed.extension, errors: form.errors }, { status: 422 })
    await db('employees').where({ id: viewerOf(request).id }).update(form.values)
    return reply.flash('telephony.extension_saved').goTo('/account/telephone')
  })

  app.get<One>('/settings/employees/:id/telephone', { config: { can: 'employees.manage' } }, async (request, reply) => reply.page('calls/extension/theirs', await theirs(request)))

  app.post<One>('/settings/employees/:id/telephone', { config: { can: 'employees.manage' } }, async (request, reply) => {
    const { employee } = await theirs(request)
    const form = readForm(schema, request.body)
    if (form.errors) return reply.page('calls/extension/theirs', { employee, extension: form.typed.extension, errors: form.errors }, { status: 422 })
    await db.transaction(async trx => {
      await trx('employees').where({ id: employee.id }).update(form.values)
      await recordChanges(trx, viewerOf(request), 'employees.changed', { subject: { type: 'employee', id: employee.id, name: employee.name }, changes: changesBetween({ extension: employee.extension }, form.values) })
    })
    return reply.flash('telephony.extension_saved').goTo(`/settings/employees/${employee.id}`)
  })

  async function own (request: FastifyRequest): Promise<{ extension: string, errors: FieldErrors }> {
    return { extension: (await find(db, viewerOf(request).id)).extension, errors: {} }
  }

  async function theirs (request: FastifyRequest<One>) {
    const employee = await find(db, idOf(request.params.id))
    return { employee, extension: employee.extension, errors: {} }
  }
}

async function find (db: Db, id: number | null): Promise<{ id: number, name: string, extension: string }> {
  const employee = id === null ? undefined : await db('employees').where({ id }).first('id', 'name', 'extension')
  if (!employee) throw new NotFound()
  return employee
}
