using Microsoft.Extensions.DependencyInjection;

namespace Serverless.Service.Inference;

/// <summary>What a head registers to answer chats.</summary>
public static class InferenceServices
{
    /// <summary>Adds the models in memory.</summary>
    public static IServiceCollection AddServerlessInference(this IServiceCollection services, ModelHostSettings settings) => services
        .AddSingleton(settings)
        .AddSingleton<ModelHost>();
}
