import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { S3Config } from '../../config.js'
import { keyOf, StorageDown, type Storage } from './storage.js'

/** Contents in a bucket of an S3-compatible store. */
export function s3Storage ({ bucket, endpoint, region, keys, pathStyle }: S3Config, temporary: string): Storage {
  const client = new S3Client({
    region,
    forcePathStyle: pathStyle,
    ...(endpoint && { endpoint }),
    ...(keys && { credentials: { accessKeyId: keys.key, secretAccessKey: keys.secret } }),
    // The newer checksums are sent in a form that many stores other than Amazon's don't know.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 10_000, socketTimeout: 60_000 }
  })
  const at = (hash: string) => ({ Bucket: bucket, Key: keyOf(hash) })
  const isThere = (hash: string, size: number) =>
    client.send(new HeadObjectCommand(at(hash))).then(({ ContentLength }) => ContentLength === size, error => {
      if (error.$metadata?.httpStatusCode === 404) return false
      throw error
    })

  return {
    temporary,

    async put (hash, path, size) {
      try {
        if (!await isThere(hash, size)) await client.send(new PutObjectCommand({ ...at(hash), Body: createReadStream(path), ContentLength: size, ContentType: 'application/octet-stream' }))
        await rm(path)
      } catch (error) {
        throw new StorageDown(error)
      }
    },

    async get (hash, range) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ ...at(hash), ...(range && { Range: `bytes=${range.start}-${range.end}` }) }))
        return Body as Readable
      } catch (error) {
        throw new StorageDown(error)
      }
    },

    async delete (hash) {
      await client.send(new DeleteObjectCommand(at(hash)))
    }
  }
}
