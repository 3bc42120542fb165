/**
 * Every right there is, in the order in which the roles page shows them. A route names one in `config.can`, a view asks `can(...)`.
 * The words people read are in the locales under `rights.<name>`.
 */
export const RIGHT_GROUPS = {
  clients: ['clients.view', 'suppliers.view', 'contacts.view_full', 'clients.create', 'clients.edit', 'clients.edit_discounts', 'clients.delete', 'clients.erase', 'clients.merge', 'clients.import', 'clients.export'],
  leads: ['leads.view_own', 'leads.view_locations', 'leads.view_all', 'leads.create', 'leads.edit', 'leads.move', 'leads.win', 'leads.archive', 'leads.delete', 'leads.export'],
  messages: ['messages.view', 'messages.send', 'messages.send_many', 'messages.manage'],
  calls: ['calls.view', 'calls.make'],
  tasks: ['tasks.view_all'],
  reports: ['reports.view'],
  settings: ['views.share', 'marketing.manage', 'settings.manage', 'audit.view'],
  employees: ['employees.manage', 'roles.manage']
} as const

export type Right = (typeof RIGHT_GROUPS)[keyof typeof RIGHT_GROUPS][number]

export const RIGHTS: readonly Right[] = Object.values(RIGHT_GROUPS).flat()

export const isRight = (name: string): name is Right => (RIGHTS as readonly string[]).includes(name)

/** The built-in roles as a new installation has them. The owner's can't be changed: an owner may do everything, also what comes later. */
export const BUILT_IN_ROLES = {
  specialist: ['clients.view', 'clients.create', 'clients.edit', 'leads.view_own', 'leads.create', 'leads.edit', 'leads.move', 'messages.view', 'calls.view', 'calls.make'],
  manager: ['clients.view', 'suppliers.view', 'contacts.view_full', 'clients.create', 'clients.edit', 'clients.edit_discounts', 'clients.merge', 'clients.export', 'leads.view_own', 'leads.view_locations', 'leads.view_all', 'leads.create', 'leads.edit', 'leads.move', 'leads.archive', 'leads.export', 'messages.view', 'messages.send', 'messages.send_many', 'calls.view', 'calls.make', 'tasks.view_all', 'reports.view', 'views.share', 'marketing.manage'],
  admin: RIGHTS,
  owner: RIGHTS
} as const satisfies Record<string, readonly Right[]>

export type BuiltInRole = keyof typeof BUILT_IN_ROLES
