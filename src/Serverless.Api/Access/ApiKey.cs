using System.Security.Cryptography;
using System.Text;

namespace Serverless.Api.Access;

/// <summary>A key that opens the API, known by its name and its SHA-256 only, so that the settings may hold the hash instead of the key.</summary>
public sealed class ApiKey
{
    private const string HashMark = "sha256:";
    private const int MaxName = 40;

    /// <summary>The least characters of a key that the settings give in the clear: 16 of random letters and digits cannot be guessed.</summary>
    private const int MinSecret = 16;

    private readonly byte[] _hash;

    private ApiKey(string name, byte[] hash)
    {
        Name = name;
        _hash = hash;
    }

    /// <summary>What logs and the dashboard call this key.</summary>
    public string Name { get; }

    /// <summary>Tells keys apart without telling anything about them; it changes with the key.</summary>
    internal string Id => Convert.ToHexStringLower(SHA256.HashData(_hash).AsSpan(0, 8));

    /// <summary>
    /// Reads an entry of the settings: a key, or <c>name=key</c>, where the key may stand as <c>sha256:</c> and its hash in 64 hexadecimal
    /// digits (<c>printf %s "$KEY" | sha256sum</c>).
    /// </summary>
    /// <param name="position">The entry's place, counted from 1, which names a key that has no name.</param>
    /// <exception cref="ArgumentException">What follows <c>sha256:</c> is no such hash, or the key is missing or too short; the message does not repeat it.</exception>
    public static ApiKey Parse(string entry, int position)
    {
        ArgumentException.ThrowIfNullOrEmpty(entry);
        var at = entry.IndexOf('=', StringComparison.Ordinal);
        var isNamed = at is > 0 and <= MaxName;
        // What a variable left empty makes of name=$KEY; a key in Base64 that ends so needs a name before it to be told from that.
        if (isNamed && at == entry.Length - 1)
            throw new ArgumentException($"entry {position}: found a name without a key, or a key that ends with one equals sign; allowed: a key of {MinSecret} characters or more, with name= before it if it ends so", nameof(entry));
        var (name, secret) = ($"key {position}", entry);
        // Keys in Base64 end with equals signs, and are keys without a name.
        if (isNamed && entry[(at + 1)..].Trim('=').Length > 0)
            (name, secret) = (entry[..at].Trim(), entry[(at + 1)..].Trim());
        if (secret.StartsWith(HashMark, StringComparison.OrdinalIgnoreCase))
            return FromSha256(name, secret[HashMark.Length..]);
        return secret.Length >= MinSecret
            ? FromSecret(name, secret)
            : throw new ArgumentException($"entry {position}: found a key of {secret.Length} characters; allowed: {MinSecret} or more, such as openssl rand -hex 16 makes", nameof(entry));
    }

    /// <summary>Hashes a key that the settings give in the clear; the key itself is not kept.</summary>
    public static ApiKey FromSecret(string name, string secret)
    {
        ArgumentException.ThrowIfNullOrEmpty(secret);
        return new ApiKey(name, Hash(secret));
    }

    /// <summary>Takes a key as its SHA-256 in 64 hexadecimal digits (<c>printf %s "$KEY" | sha256sum</c>).</summary>
    /// <exception cref="ArgumentException">The hash is not 64 hexadecimal digits.</exception>
    public static ApiKey FromSha256(string name, string hex)
    {
        ArgumentNullException.ThrowIfNull(hex);
        if (hex.Length != 64 || !hex.All(char.IsAsciiHexDigit))
            throw new ArgumentException($"API key '{name}': found a hash of {hex.Length} characters; allowed: 64 hexadecimal digits (SHA-256).", nameof(hex));
        return new ApiKey(name, Convert.FromHexString(hex));
    }

    /// <summary>The key among <paramref name="keys"/> that a caller's secret is; null if it is none of them.</summary>
    internal static ApiKey? Find(IReadOnlyList<ApiKey> keys, string secret)
    {
        var hash = Hash(secret);
        ApiKey? found = null;
        foreach (var key in keys)
        {
            // No early exit, and each comparison takes the same time: nothing tells which key matched, or how far.
            if (CryptographicOperations.FixedTimeEquals(key._hash, hash))
                found = key;
        }
        return found;
    }

    /// <summary>Vouches for a text in this key's name: its HMAC-SHA256 under the service's secret, over the key's hash and the text.</summary>
    internal byte[] Sign(byte[] secret, string text) => HMACSHA256.HashData(secret, (byte[])[.. _hash, .. Encoding.UTF8.GetBytes(text)]);

    /// <summary>The SHA-256 of a key's UTF-8 bytes (32 bytes).</summary>
    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
