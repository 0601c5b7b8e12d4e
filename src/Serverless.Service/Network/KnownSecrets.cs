namespace Serverless.Service.Network;

/// <summary>Takes the secrets of the settings out of what others say: a server may repeat the key that it was called with.</summary>
/// <param name="secrets">Keys as they are sent.</param>
internal sealed class KnownSecrets(IEnumerable<string?> secrets)
{
    private const string InTheirPlace = "****";

    // A word such as "none", which some servers ask for as a key, is no secret, and answers hold it for other reasons.
    private const int LeastInErrors = 6, LeastInAnswers = 16;

    private readonly string[] _secrets = [.. secrets.OfType<string>().Distinct().OrderByDescending(secret => secret.Length)];

    /// <summary>An error without them.</summary>
    public string OutOfError(string text) => Without(text, LeastInErrors);

    /// <summary>A model's answer, which is trained on, without them.</summary>
    public string OutOfAnswer(string text) => Without(text, LeastInAnswers);

    private string Without(string text, int least)
    {
        foreach (var secret in _secrets)
            if (secret.Length >= least)
                text = text.Replace(secret, InTheirPlace, StringComparison.OrdinalIgnoreCase);
        return text;
    }
}
