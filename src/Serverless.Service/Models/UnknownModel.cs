using Serverless.Learning;

namespace Serverless.Service.Models;

/// <summary>What is said of a name that no model has.</summary>
public static class UnknownModel
{
    /// <summary>The error of OpenAI's API for it (<c>model_not_found</c>).</summary>
    public static InputError Refusal(ModelId id) => new($"The model '{id}' does not exist", "model", "model_not_found");
}
