using Microsoft.Extensions.DependencyInjection;

namespace Serverless.Service.Inference;

/// <summary>What a head registers to answer chats.</summary>
public static class InferenceServices
{
    /// <summary>Adds the models in memory.</summary>
    /// <param name="workFolder">Where models lie on this machine; nothing in it needs to survive.</param>
    public static IServiceCollection AddServerlessInference(this IServiceCollection services, string workFolder) => services
        .AddSingleton(new ModelHostSettings { CacheFolder = Path.Combine(workFolder, "models") })
        .AddSingleton<ModelHost>();
}
