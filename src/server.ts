import { readConfig } from './config.js'
import { fail, serve } from './serve.js'

try {
  await serve(readConfig(process.env))
} catch (error) {
  fail(error as Error)
}
