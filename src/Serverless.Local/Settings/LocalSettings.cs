using System.Collections.Immutable;

namespace Serverless.Local.Settings;

/// <summary>
/// What can be set about the one-machine head. Each name can be given in the section <c>Serverless</c> of appsettings.json, as a
/// variable <c>SERVERLESS_NAME</c> (<c>SERVERLESS_CHUNK_SECONDS</c> for <see cref="ChunkSeconds"/>), and some as an option of the
/// command line; a later one of these three wins.
/// </summary>
public sealed record LocalSettings
{
    /// <summary>Where API and dashboard are served.</summary>
    public Uri Url { get; init; } = new("http://127.0.0.1:7071");

    /// <summary>The folder for Azurite's data, caches and scratch files.</summary>
    public string Data { get; init; } = "data";

    /// <summary>A connection string, the URL of a storage account (opened with the machine's identity), or the development storage.</summary>
    public string Storage { get; init; } = DevelopmentStorage;

    /// <summary>Keys that open the API; none: everyone who reaches the address.</summary>
    public ImmutableArray<string> Keys { get; init; } = [];

    /// <summary>Host names besides localhost by which the service may be addressed.</summary>
    public ImmutableArray<string> AllowedHosts { get; init; } = [];

    /// <summary>Origins of foreign pages that may call the API.</summary>
    public ImmutableArray<string> AllowedOrigins { get; init; } = [];

    /// <summary>How long one chunk of training lasts before it commits and returns.</summary>
    public int ChunkSeconds { get; init; } = 240;

    /// <summary>The most optimiser steps in one chunk; 0: as many as fit its time.</summary>
    public int ChunkSteps { get; init; }

    /// <summary>How often the container <c>datasets</c> is looked through for new files.</summary>
    public double DropSeconds { get; init; } = 2;

    /// <summary>The value of <see cref="Storage"/> that means Azurite on this machine, started by the head if need be.</summary>
    public const string DevelopmentStorage = "UseDevelopmentStorage=true";
}
