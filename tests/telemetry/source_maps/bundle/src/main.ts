import { type Line, totalOf } from "./cart";

class Checkout {
  constructor(private readonly lines: Line[]) {}

  pay(): string {
    const total = totalOf(this.lines);
    return `${total} cents`;
  }
}

function startCheckout(): void {
  const cart = new Checkout([{ article: { name: "lamp", cents: 4200 }, count: 1 }, { count: 2 }]);
  console.log(cart.pay());
}

startCheckout();
