/**
 * SHA-256 and Ed25519 of the browser itself. Where it has none (a page over plain http from another machine has no WebCrypto, older browsers have no
 * Ed25519 in it), the noble library computes the same, and is loaded only then.
 */
import type { Bytes } from './bytes';

const library = {
  sha256: async () => (await import('@noble/hashes/sha2.js')).sha256,
  ed25519: async () => {
    const [ed25519, { sha512 }] = await Promise.all([import('@noble/ed25519'), import('@noble/hashes/sha2.js')]);
    ed25519.hashes.sha512 = sha512;
    return ed25519;
  },
};

export async function sha256(bytes: Bytes): Promise<Bytes> {
  // Not there on plain http, whatever its type says.
  const subtle = crypto.subtle as SubtleCrypto | undefined;
  if (subtle) return new Uint8Array(await subtle.digest('SHA-256', bytes));
  return new Uint8Array((await library.sha256())(bytes));
}

/** Whether the key made the signature over the text. */
export async function signed(key: Bytes, signature: Bytes, text: Bytes): Promise<boolean> {
  if (key.length !== 32 || signature.length !== 64) return false;
  const own = await imported(key);
  if (own) return crypto.subtle.verify('Ed25519', own, signature, text);
  const { verify } = await library.ed25519();
  try {
    return verify(signature, text, key, { zip215: false });
  } catch {
    return false;
  }
}

async function imported(key: Bytes): Promise<CryptoKey | null> {
  try {
    return await crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify']);
  } catch {
    return null;
  }
}
