using Serverless.Learning;

namespace Serverless.Service.Models.Hub;

/// <summary>Which hub models are fetched from, and as whom.</summary>
/// <param name="Endpoint">The hub's address, without a slash at the end.</param>
/// <param name="Token">A token of the hub that may read what is asked for; null: what everyone may read.</param>
public sealed record HubSettings(Uri Endpoint, string? Token = null)
{
    /// <summary>The variables that Hugging Face's own tools read.</summary>
    public const string EndpointVariable = "HF_ENDPOINT", TokenVariable = "HF_TOKEN";

    /// <summary>How long a transfer may stand still before it counts as broken off.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The time between two tries of a transfer that broke off.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How many tries in a row may bring nothing.</summary>
    public int MaxTries { get; init; } = 5;

    /// <summary>Reads <c>HF_ENDPOINT</c> (https://huggingface.co unless set) and <c>HF_TOKEN</c>.</summary>
    /// <exception cref="InputError">The address is none.</exception>
    public static HubSettings Read(Func<string, string?> variable)
    {
        var endpoint = variable(EndpointVariable) is { Length: > 0 } given ? given.TrimEnd('/') : "https://huggingface.co";
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http"))
            throw new InputError($"{EndpointVariable}: found '{endpoint}'; allowed: an address such as https://huggingface.co");
        return new HubSettings(address, variable(TokenVariable) is { Length: > 0 } token ? token.Trim() : null);
    }
}
