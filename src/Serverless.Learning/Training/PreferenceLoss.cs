namespace Serverless.Learning.Training;

/// <summary>
/// The loss of one pair: -log sigmoid(beta [(log pi(y_w) - log ref(y_w)) - (log pi(y_l) - log ref(y_l))])
/// (Rafailov et al., arXiv 2305.18290, equation 7).
/// </summary>
/// <param name="Value">The loss, in nats.</param>
/// <param name="Slope">Its derivative by the policy's log-probability of the chosen answer; that of the rejected one is the negative.</param>
/// <param name="ChosenReward">beta (log pi - log ref) of the chosen answer: the implicit reward, section 5.1.</param>
/// <param name="RejectedReward">The same of the rejected answer.</param>
public readonly record struct PreferenceLoss(double Value, double Slope, double ChosenReward, double RejectedReward)
{
    /// <summary>How much more the chosen answer is worth.</summary>
    public double Margin => ChosenReward - RejectedReward;

    /// <summary>1 if the chosen answer is worth more, 0 if less, 0.5 for a tie.</summary>
    public double Accuracy => Margin > 0 ? 1 : Margin < 0 ? 0 : 0.5;

    public static PreferenceLoss Of(PairScore policy, PairScore reference, double beta)
    {
        var chosen = beta * (policy.Chosen - reference.Chosen);
        var rejected = beta * (policy.Rejected - reference.Rejected);
        var margin = chosen - rejected;
        // log(1 + exp(-margin)), without overflow at either end.
        var value = Math.Max(0, -margin) + Math.Log(1 + Math.Exp(-Math.Abs(margin)));
        return new PreferenceLoss(value, -beta / (1 + Math.Exp(margin)), chosen, rejected);
    }
}
