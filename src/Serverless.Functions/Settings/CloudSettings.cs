using Serverless.Api.Settings;
using Serverless.Service.Storage;

namespace Serverless.Functions.Settings;

/// <summary>What can be set about the head in the cloud, as app settings <c>SERVERLESS_NAME</c>.</summary>
public sealed record CloudSettings : ServiceSettings
{
    /// <summary>How many jobs train at a time on this deployment, over all its instances.</summary>
    public int TrainingSlots { get; init; } = 1;

    /// <summary>The storage account that these settings mean; it is also the one of the host.</summary>
    public StorageSettings StorageAccount { get; init; } = new();
}
