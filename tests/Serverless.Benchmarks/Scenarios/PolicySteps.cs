using System.Text.Json;
using Serverless.Learning.Adapters;
using Serverless.Learning.Models;
using Serverless.Learning.Reinforcement;
using Serverless.Learning.Training;

namespace Serverless.Benchmarks.Scenarios;

/// <summary>Steps of GRPO, rollouts included: answers are drawn, scored and learned from. A token counts once it was drawn.</summary>
internal sealed class PolicySteps(ModelShape shape, int prompts, int group, int promptLength, int answerLength) : IScenario
{
    private const int Steps = 32;

    public string Name => $"GRPO, {shape.Name}, {prompts} prompts x {group} answers of {answerLength}";

    public string Unit => "drawn tokens";

    public Ceiling? Ceiling => null;

    public ModelShape? Shape => shape;

    public Reading Measure(string folder, Stopclock clock)
    {
        var drawn = new RandomTexts(shape.Vocabulary, seed: 3);
        var item = JsonDocument.Parse("{}").RootElement;
        var asked = Enumerable.Range(0, prompts * Steps).Select(index => new PolicyPrompt(drawn.Ids(promptLength), item, index + 1)).ToList();
        var model = LanguageModel.Load(folder);
        var options = AutoOptions.Resolve(
            new RequestedOptions
            {
                Method = TrainingMethod.Reinforcement, Adapter = new AdapterOptions { Kind = AdapterKind.Full }, BatchSize = prompts, Epochs = 50,
                Policy = new PolicyOptions { MaxAnswerTokens = answerLength, GroupSize = group },
            },
            model.Decoder.Config, asked.Count, seed: 1);
        using var trainer = new Trainer(model, new PolicyTask(asked, (_, answer) => new Reward(answer.Length % 7, new Dictionary<string, double>())), options);
        return clock.Read(prompts * group * answerLength, 0, () =>
        {
            while (trainer.NextRollout is { } request) trainer.AddRollouts(trainer.Roll(request, CancellationToken.None));
            trainer.TrainStep();
        });
    }
}
