import { randomBytes } from 'node:crypto'

/** Makes the stamps of a process: no two writes of any process carry the same. */
export function createStamps(): () => Buffer {
  const process = randomBytes(4).readUInt32BE()
  let count = randomBytes(4).readUInt32BE()
  return () => {
    count = (count + 1) >>> 0
    const stamp = Buffer.allocUnsafe(8)
    stamp.writeUInt32BE(process, 0)
    stamp.writeUInt32BE(count, 4)
    return stamp
  }
}
